//! Every service of an installation in this process, on the benchmark's own servers, and somebody who calls them.
use super::scratch::Scratch;
use crate::{
    data_dir::DataDir,
    databases,
    demo::installation::{INSTALLATION, Installation, Speaker, send},
    roles::{self, Machine},
    serve::Bound,
    up,
};
use anyhow::{Context, Result};
use holdfast_access::RoleAssignment;
use holdfast_host::settings::{StepUp, TelemetrySettings};
use holdfast_identity::config::IdentitySettings;
use holdfast_proto::{Word, consent::v1 as pb, identity::v1 as identity, r#type::v1::Position};
use holdfast_types::{AccountId, Ids, Relationship, Role, SystemIds, TenantId};
use std::{io::ErrorKind, path::Path};
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) struct System {
    pub(crate) installation: Installation,
    stop: CancellationToken,
    running: Mutex<JoinSet<Result<()>>>,
}

/// A record and who holds it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) holder: Speaker,
    pub(crate) patient_id: String,
    /// Where consent says so.
    pub(crate) opened: Position,
}

impl System {
    /// From nothing: what an earlier run left in `dir` belongs to servers that are gone.
    pub(crate) async fn start(scratch: &Scratch, dir: &Path) -> Result<Self> {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let dir = DataDir::open(dir)?;
        let machine = Machine {
            dir: &dir,
            postgres: databases::Urls::of(&scratch.postgres),
            nats_url: scratch.nats.url(),
            http: ([127, 0, 0, 1], 0).into(),
            telemetry: TelemetrySettings::default(),
            identity: IdentitySettings::default(),
            log: roles::log_settings(&dir, None)?,
            witnesses: Vec::new(),
            step_up: StepUp::Asked,
            download_entries_max: holdfast_audit::config::DOWNLOAD_ENTRIES_MAX_DEFAULT,
        };
        let roles = machine.roles().await?;
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        for (role, bound) in roles.bound {
            if matches!(bound, Bound::Grpc(_)) {
                running.spawn(role.answer(bound, None, stop.clone()));
            }
        }
        let installation = Installation::of(&dir, &roles.peers, &roles.certificates)?;
        up::ready(&installation).await?;
        Ok(Self { installation, stop, running: Mutex::new(running) })
    }

    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut running = self.running.lock().await;
        while running.join_next().await.is_some() {}
    }

    /// Somebody opens a record of their own.
    pub(crate) async fn open_record(&self) -> Result<Held> {
        let holder = Speaker { account: AccountId::new(SystemIds.next()), roles: Vec::new() };
        let message = pb::OpenRecordRequest {
            request_id: SystemIds.next().to_string(),
            relationship: Relationship::Parent.to_proto(),
            ..pb::OpenRecordRequest::default()
        };
        let client = self.installation.consent(&holder)?;
        let opened =
            send(&client, &message, |mut client, message| async move { client.open_record(message).await })
                .await?;
        Ok(Held {
            holder,
            patient_id: opened.patient_id,
            opened: opened.position.context("a place in the log")?,
        })
    }

    /// A practice that families can write to.
    pub(crate) async fn open_practice(&self) -> Result<String> {
        let tenant = TenantId::new(SystemIds.next());
        let operator = RoleAssignment { role: Role::Operator, tenant: INSTALLATION, practice: None };
        let operator = Speaker { account: AccountId::new(SystemIds.next()), roles: vec![operator] };
        let client = self.installation.identity(&operator)?;
        let message = identity::CreateTenantRequest {
            request_id: SystemIds.next().to_string(),
            tenant: Some(identity::Tenant {
                tenant_id: tenant.to_string(),
                display_name: "Benchmark Network".to_owned(),
                ..identity::Tenant::default()
            }),
        };
        send(&client, &message, |mut client, message| async move { client.create_tenant(message).await })
            .await?;
        let practice_id = SystemIds.next().to_string();
        let message = identity::CreatePracticeRequest {
            request_id: SystemIds.next().to_string(),
            practice: Some(identity::Practice {
                practice_id: practice_id.clone(),
                tenant_id: tenant.to_string(),
                display_name: "Benchmark Practice".to_owned(),
                ..identity::Practice::default()
            }),
        };
        send(&client, &message, |mut client, message| async move { client.create_practice(message).await })
            .await?;
        Ok(practice_id)
    }
}
