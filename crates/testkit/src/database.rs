//! A service's two databases for one test, cloned from a template that is migrated once per test run.
use crate::servers;
use holdfast_eventlog::{KeyRing, MasterKey, schema};
use holdfast_types::{Clock, Ids};
use nix::{errno::Errno, sys::signal, unistd::Pid};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, migrate::Migrator};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Passwords in a cluster that lives as long as the test run.
const PASSWORD: &str = "testing";

pub struct TestDatabase {
    pub url: String,
    pub owner_url: String,
    pub superuser_url: String,
    pub keys_url: String,
    pub serving_role: String,
    pub pool: PgPool,
    pub keys_pool: PgPool,
}

impl TestDatabase {
    pub fn keys(&self, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> KeyRing {
        KeyRing::new(self.keys_pool.clone(), MasterKey::new([7; 32]), clock, ids)
    }

    /// Events of a type on the log, whether or not anybody serves it.
    pub async fn events(&self, event_type: &str) -> i64 {
        let count = "SELECT count(*) FROM events WHERE event_type = $1";
        sqlx::query_scalar(count).bind(event_type).fetch_one(&self.pool).await.expect("an answer")
    }

    /// Events that no relay has brought to the bus yet.
    pub async fn unpublished(&self) -> i64 {
        let count = "SELECT coalesce(sum(lanes.last_seq - coalesce(relay.published_seq, 0)), 0)::bigint
                     FROM lanes LEFT JOIN relay USING (lane)";
        sqlx::query_scalar(count).fetch_one(&self.pool).await.expect("an answer")
    }
}

/// `views` and `feeds` are the service's migrations, as it hands them to `schema::migrate`.
pub async fn database(service: &str, views: &Migrator, feeds: &[&Migrator]) -> TestDatabase {
    database_on(&servers().postgres_superuser_url, service, views, feeds).await
}

/// The same on a server that the test may stop.
pub async fn database_on(
    superuser: &str,
    service: &str,
    views: &Migrator,
    feeds: &[&Migrator],
) -> TestDatabase {
    let mut conn = PgConnection::connect(superuser).await.expect("PostgreSQL");
    drop_what_ended_tests_left(&mut conn).await;
    let template = template_name(service, views, feeds);
    sqlx::query("SELECT pg_advisory_lock(hashtext($1))")
        .bind(&template)
        .execute(&mut conn)
        .await
        .expect("a lock");
    let ready: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)")
            .bind(&template)
            .fetch_one(&mut conn)
            .await
            .expect("an answer");
    if !ready {
        make_template(superuser, &template, views, feeds).await;
        run(&mut conn, format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
    }
    let name = format!("t_{}_{}", std::process::id(), uuid::Uuid::from_u128(rand_bits()).simple());
    run(&mut conn, format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {template}_owner")).await;
    run(&mut conn, format!("CREATE DATABASE {name}_keys TEMPLATE {template}_keys OWNER {template}_owner"))
        .await;
    sqlx::query("SELECT pg_advisory_unlock(hashtext($1))")
        .bind(&template)
        .execute(&mut conn)
        .await
        .expect("unlocked");
    conn.close().await.expect("closed");
    let url = |role: &str, database: &str| at(superuser, role, database);
    let (serving, keys) = (url(&template, &name), url(&format!("{template}_keys"), &format!("{name}_keys")));
    TestDatabase {
        pool: schema::connect(&serving, 8).expect("a pool"),
        keys_pool: schema::connect(&keys, 4).expect("a pool"),
        owner_url: url(&format!("{template}_owner"), &name),
        superuser_url: superuser_at(superuser, &name),
        url: serving,
        keys_url: keys,
        serving_role: template,
    }
}

/// A run has some thousand tests with 16 MB of databases each: no disk is asked to hold them all. Whoever comes next drops them,
/// as a test that was killed cannot.
async fn drop_what_ended_tests_left(conn: &mut PgConnection) {
    const SWEEP: i64 = 0x7465_7374;
    let alone = "SELECT pg_try_advisory_lock($1)";
    let alone: bool = sqlx::query_scalar(alone).bind(SWEEP).fetch_one(&mut *conn).await.expect("an answer");
    if !alone {
        return;
    }
    let tests = r"SELECT datname FROM pg_database WHERE datname LIKE 't\_%'";
    let names: Vec<String> = sqlx::query_scalar(tests).fetch_all(&mut *conn).await.expect("an answer");
    for name in names.into_iter().filter(|name| maker_ended(name)) {
        run(conn, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(SWEEP).execute(conn).await.expect("unlocked");
}

/// Whether the process is gone whose number stands in the database's name, as `t_<number>_…`.
fn maker_ended(database: &str) -> bool {
    let number = database.split('_').nth(1).and_then(|number| number.parse().ok());
    number.is_some_and(|number| signal::kill(Pid::from_raw(number), None) == Err(Errno::ESRCH))
}

async fn make_template(superuser: &str, template: &str, views: &Migrator, feeds: &[&Migrator]) {
    let databases = schema::Databases {
        name: template.to_owned(),
        owner_password: PASSWORD.to_owned(),
        serving_password: PASSWORD.to_owned(),
        keys_password: PASSWORD.to_owned(),
    };
    schema::provision(superuser, &databases).await.expect("provisioned");
    let owner = format!("{template}_owner");
    schema::migrate(&at(superuser, &owner, template), template, views, feeds).await.expect("migrated");
    let keys = format!("{template}_keys");
    schema::migrate_keys(&at(superuser, &owner, &keys), &keys).await.expect("migrated");
}

/// Changed migrations make another template.
fn template_name(service: &str, views: &Migrator, feeds: &[&Migrator]) -> String {
    let mut hasher = DefaultHasher::new();
    let own = [&schema::LOG, &schema::INBOX, &schema::KEYS, views];
    for migration in own.iter().chain(feeds).flat_map(|migrator| migrator.iter()) {
        migration.checksum.hash(&mut hasher);
    }
    format!("tpl_{service}_{:x}", hasher.finish())
}

fn at(superuser_url: &str, role: &str, database: &str) -> String {
    let (_, host) = superuser_url.rsplit_once('@').expect("a URL with a user");
    let (host, _) = host.split_once('/').expect("a URL with a database");
    format!("postgres://{role}:{PASSWORD}@{host}/{database}")
}

fn superuser_at(superuser_url: &str, database: &str) -> String {
    let (front, _) = superuser_url.rsplit_once('/').expect("a URL with a database");
    format!("{front}/{database}")
}

async fn run(conn: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.expect("DDL");
}

fn rand_bits() -> u128 {
    use std::hash::BuildHasher;
    let random = || u128::from(std::hash::RandomState::new().hash_one(0));
    (random() << 64) | random()
}
