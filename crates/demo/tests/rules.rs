//! What would make a therapist laugh or wince, as rules over the whole network for several seeds.

use chrono::{Datelike, Duration, NaiveDate, Timelike};
use holdfast_demo::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

static NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| [1, 7, 2026].map(|seed| network(seed, today())).into());

fn patients() -> impl Iterator<Item = (&'static Network, &'static Patient)> {
    NETWORKS.iter().flat_map(|network| network.patients.iter().map(move |patient| (network, patient)))
}

fn sessions() -> impl Iterator<Item = (&'static Network, &'static Patient, &'static Session)> {
    patients().flat_map(|(network, patient)| patient.sessions.iter().map(move |session| (network, patient, session)))
}

fn text(note: &Note) -> String {
    note.sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join(" ")
}

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
        let stimulant = b.medications.iter().find(|medicine| medicine.name.starts_with("methylphenidate")).unwrap();
        assert!(b.goals.iter().flat_map(|goal| &goal.phases).any(|phase| phase.reason.contains("stimulant") && phase.from >= stimulant.from));
        assert!(b.documents.iter().any(|document| document.kind == DocumentKind::IepSummary));
        assert!(c.documents.iter().any(|document| document.kind == DocumentKind::IfspTransition));
        assert!(c.home_logs.iter().any(|log| log.filmed));
        assert!(d.goals.iter().flat_map(|goal| &goal.phases).any(|phase| phase.reason.contains("botulinum")));
        assert!(d.care_team.iter().any(|member| member.part == "orthotist"));
        assert!(e.account.is_some() && e.scores.iter().any(|score| score.instrument == "PHQ-A" && score.confidential));
        assert!(e.threads.iter().any(|thread| thread.confidential && thread.messages.iter().any(|message| Some(&message.author) == e.account.as_ref())));
        let outcomes: Vec<_> = f.payer_decisions.iter().map(|decision| decision.outcome).collect();
        assert_eq!(outcomes, [PayerOutcome::Denied { reason: 50 }, PayerOutcome::AppealSent, PayerOutcome::Overturned]);
        assert!(f.payer_decisions.is_sorted_by_key(|decision| decision.on));
    }
}

#[test]
fn record_sizes_stay_loadable() {
    for (_, patient) in patients() {
        let range = if patient.cast.is_some() { 90..=300 } else { 45..=170 };
        assert!(range.contains(&patient.item_count()), "{} has {}", patient.key, patient.item_count());
    }
}

#[test]
fn every_key_is_unique_and_a_slug() {
    for network in NETWORKS.iter() {
        let mut seen = BTreeSet::new();
        let mut add = |key: &Key| {
            assert!(key.as_str().chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'), "{key}");
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
            patient.threads.iter().for_each(|one| [&one.key].into_iter().chain(one.messages.iter().map(|message| &message.key)).for_each(&mut add));
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
        assert!(patient.data.iter().all(|datum| people.contains(&datum.observer) && patient.goal(&datum.goal).is_some()));
        assert!(patient.data.iter().filter_map(|datum| datum.session.as_ref()).all(|session| sessions.contains(session)));
        assert!(patient.goals.iter().all(|goal| goal.parent.as_ref().is_none_or(|parent| patient.goal(parent).is_some())));
        assert!(patient.sessions.iter().all(|session| session.note.data.iter().all(|key| data.contains(key))));
        assert!(patient.threads.iter().flat_map(|thread| &thread.messages).all(|message| people.contains(&message.author)));
        for appointment in &patient.appointments {
            if let Attendance::Held { session } = &appointment.attendance {
                assert!(sessions.contains(session), "{}", appointment.key);
            }
        }
    }
}

#[test]
fn trial_scores_are_whole_trials() {
    for (_, patient) in patients() {
        for datum in &patient.data {
            match datum.value {
                // The count is kept, so 83 % of 10 cannot be said.
                Measure::Opportunities { correct, of, .. } => {
                    assert!(correct <= of && [5, 8, 10, 20].contains(&of));
                    assert_eq!((datum.value.value() * f64::from(of) / 100.0).round(), f64::from(correct));
                }
                Measure::Steps { alone, of } => assert!(alone <= of),
                Measure::Utterances { utterances, .. } => assert!(utterances >= 50),
                Measure::Latency { seconds, .. } | Measure::Seconds { seconds, .. } => assert!(seconds > 0.0),
                Measure::Attainment { level } => assert!((-2..=2).contains(&level)),
                _ => assert!(datum.value.value().is_finite()),
            }
        }
    }
}

#[test]
fn no_goal_climbs_in_a_straight_line() {
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let taught: Vec<f64> =
                patient.series(&goal.key).iter().filter(|datum| !datum.probe && datum.phase != PhaseKind::Baseline).map(|datum| datum.value.value()).collect();
            let steps: Vec<f64> = taught.windows(2).map(|pair| pair[1] - pair[0]).collect();
            if steps.len() < 7 {
                continue;
            }
            assert!(steps.iter().any(|step| *step <= 0.0) && steps.iter().any(|step| *step >= 0.0), "{}: {taught:?}", goal.key);
            assert!(steps.windows(2).any(|pair| (pair[0] - pair[1]).abs() > f64::EPSILON), "{}: {taught:?}", goal.key);
        }
    }
}

#[test]
fn goals_of_one_child_do_not_share_their_numbers() {
    for (_, patient) in patients() {
        let mut seen = BTreeSet::new();
        for goal in &patient.goals {
            let series: Vec<u64> = patient.series(&goal.key).iter().map(|datum| datum.value.value().to_bits()).collect();
            if series.len() > 3 {
                assert!(seen.insert(series), "{}", goal.key);
            }
        }
    }
}

#[test]
fn baselines_have_points_enough_and_phases_have_reasons() {
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            let series = patient.series(&goal.key);
            let measurement = goal.measurement.as_ref().unwrap();
            let sampled = matches!(series.first().map(|datum| &datum.value), Some(Measure::Utterances { .. } | Measure::Metres { .. } | Measure::Attainment { .. }));
            if series.iter().any(|datum| datum.phase != PhaseKind::Baseline) && !sampled {
                let baseline = measurement.baseline.as_ref().unwrap();
                assert!((3..=6).contains(&baseline.points), "{}: {}", goal.key, baseline.points);
            }
            assert!(goal.phases.iter().all(|phase| !phase.reason.is_empty()));
            assert!(goal.phases.is_sorted_by_key(|phase| phase.from), "{}: {:?}", goal.key, goal.phases);
            for datum in series {
                let phase = goal.phases.iter().rev().find(|phase| phase.from <= datum.start.date_naive()).unwrap();
                assert_eq!(phase.kind, datum.phase, "{}", datum.key);
            }
        }
    }
}

#[test]
fn mastery_is_what_its_own_rule_says() {
    let mut achieved = 0;
    let mut objectives = 0;
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            let rule = goal.measurement.as_ref().unwrap().rule;
            let series = patient.series(&goal.key);
            objectives += usize::from(goal.status != GoalStatus::Planned);
            if let GoalStatus::Achieved { on } | GoalStatus::Sustaining { since: on } = goal.status {
                achieved += 1;
                let until: Vec<&&Datum> =
                    series.iter().filter(|datum| datum.start.date_naive() <= on && datum.phase != PhaseKind::Baseline && !datum.probe).collect();
                let values: Vec<f64> = until.iter().map(|datum| datum.value.value()).collect();
                assert!(rule.met(&values), "{}: {values:?} by {rule:?}", goal.key);
            }
        }
    }
    let share = achieved as f64 / objectives as f64;
    assert!((0.25..0.70).contains(&share), "{share}");
}

#[test]
fn reduction_plans_burst_before_they_fall() {
    let (mut seen, mut burst) = (0, 0);
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let series = patient.series(&goal.key);
            if !matches!(series.first().map(|datum| &datum.value), Some(Measure::Rate { .. })) {
                continue;
            }
            let of = |kind| series.iter().filter(move |datum| datum.phase == kind).map(|datum| datum.value.value());
            let before: Vec<f64> = of(PhaseKind::Baseline).collect();
            let first: Vec<f64> = of(PhaseKind::Teaching).take(3).collect();
            if first.len() == 3 {
                seen += 1;
                burst += usize::from(first.iter().copied().fold(0.0, f64::max) > before.iter().sum::<f64>() / before.len() as f64);
            }
        }
    }
    assert!(seen > 3 && burst * 3 >= seen * 2, "{burst} of {seen}");
}

#[test]
fn the_analyst_changes_protocols_with_the_client_there() {
    for (_, _, session) in sessions() {
        if session.lines.iter().any(|line| line.code == "97155") {
            assert!(session.client_present);
            let note = text(&session.note);
            assert!(!note.to_lowercase().contains("supervision"), "{note}");
            assert!(session.note.sections.iter().any(|section| section.heading == "Changed and why"));
        }
    }
}

#[test]
fn technicians_never_judge() {
    for (network, _, session) in sessions() {
        let author = network.person(&session.note.author).unwrap();
        let headings: Vec<&str> = session.note.sections.iter().map(|section| section.heading).collect();
        if author.credential() == Some(Credential::Rbt) {
            assert_eq!(session.note.kind, NoteKind::Technician);
            let note = text(&session.note).to_lowercase();
            for word in ["progress", "improv", "better", "worse", "recommend", "suggests", "criterion", "mastered", "diagnos", "assessment"] {
                assert!(!note.contains(word), "{word}: {note}");
            }
        }
        if !author.credential().unwrap().assesses() {
            assert!(!headings.contains(&"Assessment"), "{headings:?}");
        }
    }
}

#[test]
fn assistants_and_fellows_are_co_signed() {
    for (network, _, session) in sessions() {
        let author = network.person(&session.note.author).unwrap();
        let pending = today() - session.start.date_naive() < Duration::days(6);
        if author.credential().unwrap().needs_co_signature() && !pending {
            let signature = session.note.signatures.iter().find(|signature| signature.role == SignatureRole::CoSigner).unwrap();
            assert_eq!(Some(&signature.person), author.supervisor());
        }
    }
}

#[test]
fn technicians_are_supervised_for_a_twentieth_of_their_hours() {
    for network in NETWORKS.iter() {
        let mut hours: BTreeMap<&Key, (i64, i64)> = BTreeMap::new();
        for session in network.patients.iter().flat_map(|patient| &patient.sessions) {
            if session.note.kind == NoteKind::Technician {
                let entry = hours.entry(&session.rendering).or_default();
                entry.0 += i64::from(session.minutes());
                entry.1 += if session.supervised_by.is_some() { 90 } else { 0 };
            }
        }
        for (who, (worked, supervised)) in hours.into_iter().filter(|(_, (worked, _))| *worked > 1_200) {
            assert!(supervised * 20 >= worked, "{who}: {supervised} of {worked}");
        }
    }
}

#[test]
fn nobody_is_in_two_places_at_once() {
    for network in NETWORKS.iter() {
        let mut by_staff: BTreeMap<&Key, Vec<&Session>> = BTreeMap::new();
        for patient in &network.patients {
            for session in &patient.sessions {
                by_staff.entry(&session.rendering).or_default().push(session);
            }
            for pair in pairs(&patient.sessions.iter().filter(|session| session.client_present).collect::<Vec<_>>()) {
                let joint = [NoteKind::Technician, NoteKind::ProtocolChange].iter().all(|kind| pair.iter().any(|session| session.note.kind == *kind));
                assert!(apart(pair) || joint && pair[0].setting == pair[1].setting, "{} and {}", pair[0].key, pair[1].key);
            }
        }
        for sessions in by_staff.values() {
            for pair in pairs(sessions) {
                let same_group = pair[0].group.is_some() && pair[0].group == pair[1].group;
                assert!(apart(pair) || same_group, "{} and {}", pair[0].key, pair[1].key);
            }
        }
    }
}

fn apart([a, b]: [&Session; 2]) -> bool {
    a.end <= b.start || b.end <= a.start
}

fn pairs<'a>(sessions: &[&'a Session]) -> Vec<[&'a Session; 2]> {
    let mut all = Vec::new();
    for (at, a) in sessions.iter().enumerate() {
        all.extend(sessions.iter().skip(at + 1).filter(|b| b.start.date_naive() == a.start.date_naive()).map(|b| [*a, *b]));
    }
    all
}

#[test]
fn no_group_of_one() {
    let mut groups = 0;
    for network in NETWORKS.iter() {
        let mut members: BTreeMap<&Key, (u32, u32)> = BTreeMap::new();
        for session in network.patients.iter().flat_map(|patient| &patient.sessions) {
            assert_eq!(session.group.is_some(), session.lines.iter().any(|line| line.code == "92508"));
            if let Some(group) = &session.group {
                let entry = members.entry(&group.key).or_insert((0, group.clients));
                entry.0 += 1;
            }
        }
        groups += members.len();
        assert!(members.values().all(|(met, said)| met == said && *met >= 2));
    }
    assert!(groups > 10);
}

#[test]
fn times_are_not_round_and_notes_follow_them() {
    let (mut fives, mut all, mut same_day) = (0, 0, 0);
    for (_, _, session) in sessions() {
        assert!(session.start < session.end && session.end.date_naive() < today());
        assert!(session.start.minute() % 15 != 0 && session.end.minute() % 15 != 0);
        fives += usize::from(session.start.minute() % 5 == 0);
        all += 1;
        let author = &session.note.signatures[0];
        assert_eq!((author.role, &author.person), (SignatureRole::Author, &session.rendering));
        assert!(session.note.written >= session.end && author.time >= session.note.written);
        for signature in &session.note.signatures {
            assert!(signature.time >= author.time && signature.time.date_naive() < today());
            assert!((6..24).contains(&signature.time.hour()), "{}", signature.time);
        }
        same_day += usize::from(author.time.date_naive() == session.start.date_naive());
        if let Some(addendum) = &session.note.addendum {
            assert!(addendum.time > author.time && addendum.text.starts_with("Late entry"));
        }
    }
    assert!(fives * 3 < all, "{fives} of {all}");
    assert!(same_day * 100 > all * 80 && same_day < all, "{same_day} of {all}");
}

#[test]
fn units_follow_the_minutes_and_stay_within_edits() {
    for (_, _, session) in sessions() {
        let minutes: Vec<u32> = session.lines.iter().filter_map(|line| line.minutes).collect();
        assert!(minutes.iter().sum::<u32>() <= session.minutes());
        for line in &session.lines {
            let limit = match line.code {
                "97153" => 32,
                "97155" => 24,
                "97156" => 16,
                code if code.starts_with("92") => 1,
                _ => 8,
            };
            assert!((1..=limit).contains(&line.units), "{}", session.key);
        }
        if minutes.len() == session.lines.len() && session.lines.len() == minutes.len().max(1) {
            assert_eq!(units(session.rounding, &minutes), session.lines.iter().map(|line| line.units).collect::<Vec<_>>(), "{}", session.key);
        }
        assert!(!session.lines.is_empty() && !session.diagnoses.is_empty(), "{}", session.key);
    }
}

#[test]
fn rounding_agrees_with_the_published_examples() {
    let sum = |rounding, minutes: &[u32]| units(rounding, minutes).iter().sum::<u32>();
    for (minutes, eight, midpoint) in [(&[10, 10, 10][..], 2, 3), (&[7, 7, 7], 1, 0), (&[33, 7], 3, 2), (&[24, 23], 3, 4), (&[170], 11, 11), (&[173], 12, 12)] {
        assert_eq!((sum(Rounding::EightMinute, minutes), sum(Rounding::Midpoint, minutes)), (eight, midpoint), "{minutes:?}");
    }
    assert_eq!(units(Rounding::EightMinute, &[33, 7]), [2, 1]);
}

#[test]
fn modifiers_name_the_plan_the_assistant_and_the_screen() {
    for (network, _, session) in sessions() {
        let credential = network.person(&session.rendering).unwrap().credential().unwrap();
        for line in &session.lines {
            let has = |modifier| line.modifiers.contains(&modifier);
            assert_eq!(has("GN"), session.discipline == Discipline::Speech);
            assert_eq!(has("GO"), session.discipline == Discipline::Occupational);
            assert_eq!(has("GP"), session.discipline == Discipline::Physical);
            assert_eq!(has("CQ"), credential == Credential::Pta);
            assert_eq!(has("CO"), credential == Credential::Cota);
            assert_eq!(has("95"), session.telehealth.is_some());
        }
    }
}

#[test]
fn one_sided_measures_name_their_side() {
    let mut sided = 0;
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let one_sided = ["one leg", "one-leg", "single-leg", "turns the head", "heel first", "rolls over both"].iter().any(|word| goal.label.contains(word));
            if one_sided && goal.level == GoalLevel::Objective {
                sided += 1;
                let side = goal.side.unwrap();
                assert!(goal.statement.contains(side.word()) && goal.label.contains(side.word()), "{}", goal.statement);
            }
        }
    }
    assert!(sided > 6);
}

#[test]
fn words_that_no_plan_should_hold_are_absent() {
    let banned = [
        "improve attention", "eye contact", "quiet hands", "sitting still", "sit still", "stimming", "low-functioning", "high-functioning", "suffers from",
        "wheelchair-bound", "non-compliant", "noncompliance", "tantrum", "restrain", "normal children", "afflicted", "mental age",
    ];
    for (_, patient) in patients() {
        let goals = patient.goals.iter().flat_map(|goal| [goal.statement.clone(), goal.plain.clone(), goal.label.clone(), goal.why.to_owned()]);
        let notes = patient.sessions.iter().map(|session| text(&session.note));
        let messages = patient.threads.iter().flat_map(|thread| &thread.messages).map(|message| message.body.clone());
        for said in goals.chain(notes).chain(messages) {
            let low = said.to_lowercase();
            assert!(banned.iter().all(|word| !low.contains(word)), "{said}");
            assert!(!low.contains("{child}"), "{said}");
        }
        let iep: Vec<&Document> = patient.documents.iter().filter(|document| document.kind == DocumentKind::IepSummary).collect();
        for document in iep {
            let paper = String::from_utf8_lossy(&document.bytes).into_owned();
            assert!(patient.goals.iter().all(|goal| !paper.contains(&goal.statement)));
        }
    }
}

#[test]
fn every_objective_has_condition_behaviour_criterion_and_date() {
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            assert!(goal.statement.chars().any(|letter| letter.is_ascii_digit()) || goal.statement.contains("expected level"), "{}", goal.statement);
            assert!(goal.statement.contains(", by ") && goal.due > today(), "{}", goal.statement);
            assert!(!goal.plain.is_empty() && !goal.plain_es.is_empty() && goal.parent.is_some());
        }
    }
}

#[test]
fn no_two_notes_read_the_same() {
    for network in NETWORKS.iter() {
        let mut seen = BTreeSet::new();
        for session in network.patients.iter().flat_map(|patient| &patient.sessions) {
            assert!(session.note.sections.iter().all(|section| section.text.len() > 3));
            assert!(seen.insert(text(&session.note)), "{}", text(&session.note));
        }
    }
}

#[test]
fn not_every_visit_is_attended_and_gaps_are_not_zeros() {
    for network in NETWORKS.iter() {
        let (mut past, mut missed, mut no_show, mut by_practice) = (0, 0, 0, 0);
        for patient in &network.patients {
            let held: BTreeSet<&Key> = patient.sessions.iter().map(|session| &session.key).collect();
            for appointment in &patient.appointments {
                let ahead = appointment.start.date_naive() >= today();
                assert_eq!(ahead, appointment.attendance == Attendance::Booked, "{}", appointment.key);
                past += usize::from(!ahead);
                missed += usize::from(!ahead && !matches!(appointment.attendance, Attendance::Held { .. }));
                no_show += usize::from(matches!(appointment.attendance, Attendance::NoShow { .. }));
                by_practice += usize::from(matches!(appointment.attendance, Attendance::CancelledByPractice { .. }));
                if let Attendance::CancelledByFamily { told, note, .. } | Attendance::CancelledByPractice { told, note, .. } = &appointment.attendance {
                    assert!(*told < appointment.start && !note.is_empty());
                }
            }
            // Data stand only where somebody came.
            let from = patient.enrolments.iter().map(|enrolment| enrolment.listed_from).max().unwrap();
            assert!(patient.data.iter().filter(|datum| datum.start.date_naive() >= from).all(|datum| datum.session.as_ref().is_some_and(|key| held.contains(key))));
        }
        let share = missed as f64 / past as f64;
        assert!((0.08..0.27).contains(&share), "{share}");
        assert!(no_show > 8 && by_practice > 8, "{no_show} {by_practice}");
    }
}

#[test]
fn practices_are_closed_at_week_ends_and_on_thanksgiving() {
    for (_, patient) in patients() {
        for appointment in &patient.appointments {
            assert!(appointment.start.weekday().num_days_from_monday() < 5);
            assert!(!matches!((appointment.start.month(), appointment.start.day()), (11, 26 | 27)));
        }
    }
}

#[test]
fn the_ledger_adds_up() {
    let (mut delivered, mut due) = (0.0, 0.0);
    for (_, patient) in patients() {
        for one in &patient.authorisations {
            assert_eq!(one.delivered + one.left, one.authorised, "{}", one.key);
            let days = (today().min(one.until) - one.from).num_days();
            let share = days as f64 / 182.0;
            if days > 60 {
                delivered += f64::from(one.delivered);
                due += f64::from(one.authorised) * share;
            }
        }
    }
    let share = delivered / due;
    assert!((0.70..0.95).contains(&share), "{share}");
}

#[test]
fn families_differ() {
    for network in NETWORKS.iter() {
        let has = |test: fn(&Patient) -> bool| network.patients.iter().filter(|patient| test(patient)).count();
        assert!(has(|patient| patient.siblings.iter().any(|sibling| sibling.twin)) == 4);
        assert!(has(|patient| patient.siblings.iter().any(|sibling| !sibling.twin)) >= 6);
        assert!(has(|patient| patient.demographics.households.len() > 1) >= 3);
        assert!(has(|patient| patient.demographics.interpreter.is_some()) >= 6);
        assert!(has(|patient| patient.enrolments.iter().map(|enrolment| &enrolment.practice).collect::<BTreeSet<_>>().len() > 1) >= 5);
        let medicaid = has(|patient| patient.coverages.iter().any(|coverage| coverage.kind == PayerKind::Medicaid));
        assert!((6..=26).contains(&medicaid), "{medicaid}");
        let threads: Vec<&Thread> = network.patients.iter().flat_map(|patient| &patient.threads).collect();
        assert!(threads.iter().any(|thread| thread.messages.iter().any(|message| message.language == Language::Spanish)));
        assert!(threads.iter().any(|thread| matches!(thread.waiting, Waiting::CareTeam { .. })));
        let preferences: BTreeSet<u8> = network.patients.iter().map(|patient| patient.demographics.self_reference as u8).collect();
        assert_eq!(preferences.len(), 3);
    }
}

#[test]
fn home_logs_have_blanks_and_refer_to_days_gone_by() {
    for (_, patient) in patients() {
        for log in &patient.home_logs {
            assert!(log.day < today() && log.entered.date_naive() >= log.day && log.entered.date_naive() < today());
            assert_eq!(matches!(log.done, Done::No { .. }), log.difficulty.is_none());
            assert!(patient.home_activities.iter().any(|activity| activity.key == log.activity));
        }
    }
}

#[test]
fn standard_scores_are_half_a_year_apart() {
    for (_, patient) in patients() {
        let mut by_test: BTreeMap<(&str, &str), Vec<NaiveDate>> = BTreeMap::new();
        for score in patient.scores.iter().filter(|score| matches!(score.value, ScoreValue::Standard { .. })) {
            by_test.entry((score.instrument, score.part)).or_default().push(score.time.date_naive());
        }
        assert!(by_test.values().all(|dates| dates.windows(2).all(|pair| pair[1] - pair[0] >= Duration::days(180))));
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
            let find = |needle: &[u8]| bytes.windows(needle.len()).rposition(|window| window == needle).unwrap();
            let tail = std::str::from_utf8(&bytes[find(b"startxref") + 10..]).unwrap();
            let table: usize = tail.lines().next().unwrap().parse().unwrap();
            let lines: Vec<&str> = std::str::from_utf8(&bytes[table..find(b"trailer")]).unwrap().lines().collect();
            assert_eq!(lines[0], "xref");
            for (n, line) in lines.iter().skip(3).enumerate() {
                let offset: usize = line[..10].parse().unwrap();
                assert!(bytes[offset..].starts_with(format!("{} 0 obj", n + 1).as_bytes()));
            }
            papers += 1;
        }
    }
    assert!(papers > 30);
}
