//! Pages for a therapist and for a compliance officer.

use askama::DynTemplate;
use holdfast_types::Category;

use super::decision::{decision, what_if};
use super::{Draw, Look};
use crate::pages::looked::LookKind;
use crate::pages::office::{Office, OfficeDay, OfficeRow, ServiceLog};
use crate::pages::parts::{Badge, Choice, Field, Filter, Pager, Tone};
use crate::pages::record::{Record, Room, RoomGroup, icon};
use crate::pages::sharing::Question;
use crate::pages::work::{Work, WorkRow};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("work", |look| work(look, false)),
    ("work-empty", |look| work(look, true)),
    ("patient", patient),
    ("office", |look| office(look, false, true, false)),
    ("office-found", |look| office(look, true, true, false)),
    ("office-timeline", |look| office(look, true, true, true)),
    ("office-unsound", |look| office(look, false, false, false)),
    ("decision", |look| decision(look, true)),
    ("decision-different", |look| decision(look, false)),
    ("what-if", |look| what_if(look, false, false)),
    ("what-if-yes", |look| what_if(look, true, false)),
    ("what-if-wrong", |look| what_if(look, false, true)),
];

fn work(look: &Look, empty: bool) -> Box<dyn DynTemplate> {
    let words = look.words;
    let new = |count: u32| words.say("work-new").with("count", count).with("when", look.day(5).text).plain();
    let still = words.say("work-unchanged").with("when", look.day(5).text).plain();
    let row = |name: &str, detail: String, changed: String, badges, stripe| WorkRow {
        href: "/r/p4x9d".to_owned(),
        name: name.to_owned(),
        detail,
        changed,
        badges,
        stripe,
    };
    let owed = Badge::new(Tone::Warn, look.own("answer due Thu 5 pm", "responder antes del jue 5 pm"));
    let until =
        Badge::new(Tone::Plain, words.say("work-shared-until").with("when", look.day(-92).text).plain());
    let rows = vec![
        row(
            "Mateo R.",
            look.own("6 years · today 3:30 pm", "6 años · hoy 3:30 pm"),
            new(3),
            vec![owed, until],
            1,
        ),
        row("Ana L.", look.own("4 years · today 4:15 pm", "4 años · hoy 4:15 pm"), new(1), Vec::new(), 2),
        row("Jonah T.", look.own("9 years · Wed 10:00 am", "9 años · mié 10:00 am"), still, Vec::new(), 3),
    ];
    let shown = if empty { 0 } else { rows.len() };
    Box::new(Work {
        frame: look.therapist(false, Tab::Work),
        filters: vec![
            Filter::new("/work", words.t("work-all"), true),
            Filter::new("/work?show=changed", words.t("work-changed"), false),
            Filter::new("/work?show=owed", words.t("work-owed"), false),
        ],
        rows: if empty { Vec::new() } else { rows },
        opened: Vec::new(),
        proposed: Vec::new(),
        may_open: true,
        attests: true,
        looks_after: true,
        administers: true,
        keeps: true,
        pager: Pager { shown, total: shown, ..Pager::default() },
    })
}

fn patient(look: &Look) -> Box<dyn DynTemplate> {
    let words = look.words;
    let room = |category, count| Room {
        href: format!("/r/p4x9d/c/{category}"),
        label: words.category(category),
        icon: icon(category),
        count,
        newest: words.say("room-newest").with("when", look.day(5).text).plain(),
    };
    Box::new(Record {
        frame: look.therapist(true, Tab::Record),
        name: "Mateo R.".to_owned(),
        about: look.own("6 years, born Mar 3, 2020", "6 años, nació el 3 mar 2020"),
        badges: vec![Badge::new(Tone::Plain, look.words.t("badge-demo"))],
        groups: vec![RoomGroup {
            title: words.t("group-therapy"),
            rooms: vec![room(Category::Goals, 4), room(Category::Notes, 48)],
        }],
        sources: Vec::new(),
        total: 52,
        may_edit: false,
        emergency_href: Some("/r/p4x9d/emergency".to_owned()),
    })
}

fn office(look: &Look, found: bool, sound: bool, timeline: bool) -> Box<dyn DynTemplate> {
    let words = look.words;
    let row = |hours, who: &str, role: String, did: String, kind, by: String, number: &str| OfficeRow {
        day: look.day(hours / 24).text,
        when: look.ago(hours),
        who: who.to_owned(),
        role,
        did,
        patient: "Mateo R.".to_owned(),
        by,
        kind,
        number: number.to_owned(),
        why: if kind == LookKind::Sharing { Vec::new() } else { look.carried() },
    };
    let notes = words.category(Category::Notes);
    let grant = words.say("by-grant").with("when", look.day(322).text).plain();
    let rows = || {
        vec![
            row(
                2,
                "Dana K.",
                look.dana().role,
                words.say("did-read").with("room", &notes).plain(),
                LookKind::Read,
                grant.clone(),
                "412",
            ),
            row(
                26,
                "Priya S.",
                words.t("role-front-desk"),
                words.say("did-tried").with("room", &notes).plain(),
                LookKind::Refused,
                words.t("by-none"),
                "398",
            ),
            row(
                50,
                "Rosa R.",
                words.t("role-parent"),
                words.say("did-stopped").with("name", "Lincoln School").plain(),
                LookKind::Sharing,
                words.t("by-parent"),
                "371",
            ),
        ]
    };
    let log = |name: &str, events: &str, holes, altered| ServiceLog {
        name: name.to_owned(),
        events: events.to_owned(),
        holes,
        altered,
        badge: if holes + altered == 0 {
            Badge::new(Tone::Good, words.t("office-whole"))
        } else {
            Badge::new(Tone::Stop, words.t("office-broken"))
        },
    };
    let altered = usize::from(!sound);
    Box::new(Office {
        take: look.carried(),
        frame: look.sized(Frame::officer(words, Tab::Office)),
        emergencies: Some(usize::from(!found)),
        erasures: Some(usize::from(!found)),
        reviews_late: true,
        authority: Some(2 * usize::from(!found)),
        fields: vec![
            Field::line("patient", words.t("office-patient")).value(if found { "Mateo R." } else { "" }),
            Field::line("actor", words.t("office-actor")),
            Field::of("date", "from", words.t("office-from")),
            Field::of("date", "to", words.t("office-to")),
        ],
        kinds: LookKind::OF_TENANT.map(|kind| Choice::new(kind.code(), words.t(kind.key()))).into(),
        problems: Vec::new(),
        view: Question {
            name: "view",
            legend: words.t("office-view"),
            hint: String::new(),
            many: false,
            choices: vec![
                Choice::new("table", words.t("office-view-table")).chosen(!timeline),
                Choice::new("timeline", words.t("office-view-timeline")).chosen(timeline),
            ],
        },
        pager: Pager { shown: 3, total: 3, ..Pager::default() },
        printed: look.ago(0),
        rows: (found && !timeline).then(&rows),
        days: timeline.then(|| OfficeDay::of(rows())),
        page_token: found.then(|| "made-up".to_owned()),
        logs: vec![
            log("identity", "1,204", 0, 0),
            log("records", "48,117", 0, altered),
            log("documents", "311", 0, 0),
            log("consent", "96", 0, 0),
            log("messaging", "842", altered, 0),
            log("audit", "50,570", 0, 0),
        ],
        sound,
        checked: Some(look.ago(0)),
    })
}
