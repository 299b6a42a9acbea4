//! Who is there, how the record hangs together, and that all of it is marked as made up.

use crate::{NETWORKS, patients, today};
use holdfast_demo::*;
use std::collections::BTreeSet;

#[test]
fn forty_patients_of_whom_the_cast_come_first() {
    for network in NETWORKS.iter() {
        assert_eq!(network.patients.len(), 40);
        assert_eq!(network.practices.len(), 3);
        let cast: Vec<_> = network.patients.iter().map_while(|patient| patient.cast).collect();
        assert_eq!(cast, [Cast::A, Cast::B, Cast::C, Cast::D, Cast::E, Cast::F]);
        assert!(network.patients.iter().skip(6).all(|patient| patient.cast.is_none()));
    }
}

#[test]
fn the_cast_are_who_they_should_be() {
    for network in NETWORKS.iter() {
        let [a, b, c, d, e, f] = &network.patients[..6] else { panic!() };
        let age = |patient: &Patient| today().years_since(patient.demographics.birth_date).unwrap();
        assert_eq!([a, b, c, d, e, f].map(age), [4, 7, 2, 9, 15, 6]);
        assert_eq!(a.demographics.interpreter, Some(Language::Spanish));
        assert_eq!(a.coverages[0].kind, PayerKind::Medicaid);
        assert!(a.equipment.iter().any(|item| item.what.contains("speech device")));
        assert_eq!(b.demographics.households.len(), 2);
        let stimulant =
            b.medications.iter().find(|medicine| medicine.name.starts_with("methylphenidate")).unwrap();
        assert!(
            b.goals
                .iter()
                .flat_map(|goal| &goal.phases)
                .any(|phase| phase.reason.contains("stimulant") && phase.from >= stimulant.from)
        );
        assert!(b.documents.iter().any(|document| document.kind == DocumentKind::IepSummary));
        assert!(c.documents.iter().any(|document| document.kind == DocumentKind::IfspTransition));
        assert!(c.home_logs.iter().any(|log| log.filmed));
        assert!(d.goals.iter().flat_map(|goal| &goal.phases).any(|phase| phase.reason.contains("botulinum")));
        assert!(d.care_team.iter().any(|member| member.part == "orthotist"));
        assert!(
            e.account.is_some()
                && e.scores.iter().any(|score| score.instrument == "PHQ-A" && score.confidential)
        );
        assert!(e.threads.iter().any(|thread| thread.confidential
            && thread.messages.iter().any(|message| Some(&message.author) == e.account.as_ref())));
        let outcomes: Vec<_> = f.payer_decisions.iter().map(|decision| decision.outcome).collect();
        assert_eq!(
            outcomes,
            [PayerOutcome::Denied { reason: 50 }, PayerOutcome::AppealSent, PayerOutcome::Overturned]
        );
        assert!(f.payer_decisions.is_sorted_by_key(|decision| decision.on));
    }
}

#[test]
fn record_sizes_stay_loadable() {
    for (_, patient) in patients() {
        let range = match patient.cast {
            // 25 hours a week fill a record quickly.
            Some(Cast::A) => 150..=370,
            Some(_) => 90..=270,
            None => 45..=190,
        };
        assert!(range.contains(&patient.item_count()), "{} has {}", patient.key, patient.item_count());
    }
}

#[test]
fn every_key_is_unique_and_a_slug() {
    for network in NETWORKS.iter() {
        let mut seen = BTreeSet::new();
        let mut add = |key: &Key| {
            assert!(
                key.as_str()
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'),
                "{key}"
            );
            assert!(seen.insert(key.clone()), "{key} twice");
        };
        network.people.iter().for_each(|person| add(&person.key));
        for patient in &network.patients {
            add(&patient.key);
            patient.enrolments.iter().for_each(|one| add(&one.key));
            patient.conditions.iter().for_each(|one| add(&one.key));
            patient.medications.iter().for_each(|one| add(&one.key));
            patient.scores.iter().for_each(|one| add(&one.key));
            patient.care_plans.iter().for_each(|one| add(&one.key));
            patient.goals.iter().for_each(|one| add(&one.key));
            patient.data.iter().for_each(|one| add(&one.key));
            patient.appointments.iter().for_each(|one| add(&one.key));
            patient.sessions.iter().for_each(|one| [&one.key, &one.note.key].into_iter().for_each(&mut add));
            patient.authorisations.iter().for_each(|one| add(&one.key));
            patient.payer_decisions.iter().for_each(|one| add(&one.key));
            patient.documents.iter().for_each(|one| add(&one.key));
            patient.home_activities.iter().for_each(|one| add(&one.key));
            patient.home_logs.iter().for_each(|one| add(&one.key));
            patient.threads.iter().for_each(|one| {
                [&one.key]
                    .into_iter()
                    .chain(one.messages.iter().map(|message| &message.key))
                    .for_each(&mut add)
            });
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for (network, patient) in patients() {
        let people: BTreeSet<&Key> = network.people.iter().map(|person| &person.key).collect();
        let sessions: BTreeSet<&Key> = patient.sessions.iter().map(|session| &session.key).collect();
        let data: BTreeSet<&Key> = patient.data.iter().map(|datum| &datum.key).collect();
        assert!(patient.family.iter().all(|member| people.contains(&member.account)));
        assert!(patient.care_team.iter().all(|member| people.contains(&member.person)));
        assert!(patient.siblings.iter().all(|sibling| network.patient(&sibling.patient).is_some()));
        assert!(
            patient
                .data
                .iter()
                .all(|datum| people.contains(&datum.observer) && patient.goal(&datum.goal).is_some())
        );
        assert!(
            patient
                .data
                .iter()
                .filter_map(|datum| datum.session.as_ref())
                .all(|session| sessions.contains(session))
        );
        assert!(
            patient
                .goals
                .iter()
                .all(|goal| goal.parent.as_ref().is_none_or(|parent| patient.goal(parent).is_some()))
        );
        assert!(
            patient.sessions.iter().all(|session| session.note.data.iter().all(|key| data.contains(key)))
        );
        assert!(
            patient
                .threads
                .iter()
                .flat_map(|thread| &thread.messages)
                .all(|message| people.contains(&message.author))
        );
        for appointment in &patient.appointments {
            if let Attendance::Held { session } = &appointment.attendance {
                assert!(sessions.contains(session), "{}", appointment.key);
            }
        }
    }
}

#[test]
fn families_differ() {
    for network in NETWORKS.iter() {
        let has =
            |test: fn(&Patient) -> bool| network.patients.iter().filter(|patient| test(patient)).count();
        assert!(has(|patient| patient.siblings.iter().any(|sibling| sibling.twin)) == 4);
        assert!(has(|patient| patient.siblings.iter().any(|sibling| !sibling.twin)) >= 6);
        assert!(has(|patient| patient.demographics.households.len() > 1) >= 3);
        assert!(has(|patient| patient.demographics.interpreter.is_some()) >= 6);
        assert!(
            has(|patient| patient
                .enrolments
                .iter()
                .map(|enrolment| &enrolment.practice)
                .collect::<BTreeSet<_>>()
                .len()
                > 1)
                >= 5
        );
        let medicaid =
            has(|patient| patient.coverages.iter().any(|coverage| coverage.kind == PayerKind::Medicaid));
        assert!((6..=26).contains(&medicaid), "{medicaid}");
        let threads: Vec<&Thread> = network.patients.iter().flat_map(|patient| &patient.threads).collect();
        assert!(
            threads
                .iter()
                .any(|thread| thread.messages.iter().any(|message| message.language == Language::Spanish))
        );
        assert!(threads.iter().any(|thread| matches!(thread.waiting, Waiting::CareTeam { .. })));
        let preferences: BTreeSet<u8> =
            network.patients.iter().map(|patient| patient.demographics.self_reference as u8).collect();
        assert_eq!(preferences.len(), 3);
    }
}

#[test]
fn home_logs_have_blanks_and_refer_to_days_gone_by() {
    for (_, patient) in patients() {
        for log in &patient.home_logs {
            assert!(
                log.day < today()
                    && log.entered.date_naive() >= log.day
                    && log.entered.date_naive() < today()
            );
            assert_eq!(matches!(log.done, Done::No { .. }), log.difficulty.is_none());
            assert!(patient.home_activities.iter().any(|activity| activity.key == log.activity));
        }
    }
}

#[test]
fn everything_is_marked_as_made_up() {
    for network in NETWORKS.iter() {
        assert_eq!(network.tenant.label, SYNTHETIC);
        let mails: BTreeSet<&str> = network.people.iter().map(|person| person.email.as_str()).collect();
        assert_eq!(mails.len(), network.people.len());
        for person in &network.people {
            assert!(person.email.ends_with(".example") && person.email.is_ascii(), "{}", person.email);
            assert!(person.phone.contains("-555-01"), "{}", person.phone);
        }
        for document in network.patients.iter().flat_map(|patient| &patient.documents) {
            assert!(String::from_utf8_lossy(&document.bytes).contains(SYNTHETIC));
        }
    }
}

#[test]
fn papers_are_pdfs_whose_table_points_at_their_objects() {
    let mut papers = 0;
    for (_, patient) in patients() {
        for document in patient.documents.iter().filter(|document| document.media_type == "application/pdf") {
            let bytes = &document.bytes;
            assert!(bytes.starts_with(b"%PDF-1.4") && bytes.ends_with(b"%%EOF\n"));
            let find =
                |needle: &[u8]| bytes.windows(needle.len()).rposition(|window| window == needle).unwrap();
            let tail = std::str::from_utf8(&bytes[find(b"startxref") + 10..]).unwrap();
            let table: usize = tail.lines().next().unwrap().parse().unwrap();
            let lines: Vec<&str> =
                std::str::from_utf8(&bytes[table..find(b"trailer")]).unwrap().lines().collect();
            assert_eq!(lines[0], "xref");
            for (n, line) in lines.iter().skip(3).enumerate() {
                let offset: usize = line.get(..10).unwrap().parse().unwrap();
                assert!(bytes[offset..].starts_with(format!("{} 0 obj", n + 1).as_bytes()));
            }
            papers += 1;
        }
    }
    assert!(papers > 30);
}
