//! Who acts for whom: as a family sees it, in its forms, and as the network's people ask and decide.

use super::{Draw, Look, Page};
use crate::pages::authority::{
    Act, Acting, AuthorityForm, AuthorityThen, Change, Settled, Told, Waiting, WhoActs,
};
use crate::pages::parts::{Badge, Choice, Fact, Field, Link, Person, Problem, Tone};
use crate::pages::sharing::{Carried, Question};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("who-acts", |look| who_acts(look, false)),
    ("who-acts-partly", |look| who_acts(look, true)),
    ("who-acts-unsaid", unsaid),
    ("who-acts-help", |look| help(look, false)),
    ("who-acts-help-wrong", |look| help(look, true)),
    ("who-acts-new", propose),
    ("who-acts-end", end),
    ("who-acts-withdraw", withdraw),
    ("authority", |look| ask(look, false, false)),
    ("authority-wrong", |look| ask(look, false, true)),
    ("authority-told", |look| ask(look, true, false)),
    ("authority-act", act),
    ("authority-stop", stop),
    ("authority-waiting", |look| waiting(look, false)),
    ("authority-waiting-none", |look| waiting(look, true)),
];

const NUMBER: &str = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0002";
const ROOT: &str = "/r/k7m2q/sharing/who";

fn carried() -> Vec<Carried> {
    ["patient", "what"].map(|name| Carried { name: name.to_owned(), value: NUMBER.to_owned() }).into()
}

fn person(look: &Look) -> Vec<Fact> {
    let words = look.words;
    vec![Fact::new(words.t("acts-born"), look.day(4000).text), Fact::new(words.t("acts-state"), "CA")]
}

fn order(look: &Look) -> Fact {
    let words = look.words;
    let seen = words.say("acts-attested").with("name", "Lee M.").plain();
    let note = look.own("Superior Court, 26-114", "Tribunal Superior, 26-114");
    Fact::new(words.t("acts-basis"), format!("{} · {seen} · {note}", words.t("acts-basis-custody")))
}

fn rooms(look: &Look) -> String {
    look.own(
        "Goals, Visit notes, Results, Medicines and 17 more",
        "Metas, Notas, Resultados, Medicinas y 17 más",
    )
}

/// What somebody sees, decides, and until when.
fn held(look: &Look, reads: String, decides: String) -> Vec<Fact> {
    let words = look.words;
    vec![
        Fact::new(words.t("acts-reads"), reads),
        Fact::new(words.t("acts-decides"), decides),
        Fact::new(words.t("acts-since"), look.day(300).text),
        Fact::new(words.t("acts-so-until"), look.day(-400).text),
    ]
}

fn card(who: Person, badge: Option<Badge>, facts: Vec<Fact>) -> Acting {
    Acting { who, badge, facts, papers: Vec::new(), ways: Vec::new(), acts: Vec::new() }
}

fn settled(look: &Look, desk: bool) -> Settled {
    let words = look.words;
    let (all, none) = (words.t("rooms-all"), words.t("acts-nothing"));
    let act = |key: &str| Act { label: words.t(key), carried: carried() };
    let acts = |keys: &[&str]| if desk { keys.iter().map(|key| act(key)).collect() } else { Vec::new() };
    let way = |key| if desk { Vec::new() } else { vec![Link::new(format!("{ROOT}/7/end"), words.t(key))] };
    let named = Fact::new(words.t("acts-basis"), words.t("acts-basis-none"));
    let mother = [held(look, all.clone(), all), vec![named]].concat();
    let father = [held(look, rooms(look), none.clone()), vec![order(look)]].concat();
    let asked = Fact::new(words.t("acts-basis"), words.t("acts-basis-appointment"));
    let helper = [held(look, look.own("Goals", "Metas"), none), vec![asked]].concat();
    let paper = words.say("acts-paper").with("title", look.own("Court order", "Orden del tribunal")).plain();
    let papers = if desk { Vec::new() } else { vec![Link::new("/r/k7m2q/papers/9", paper)] };
    let line = |key: &str, name: &str| {
        let notes = look.own("Visit notes, Messages", "Notas, Mensajes");
        words.say(key).with("name", name).with("rooms", notes).plain()
    };
    let luis = || Person::new("Luis R.", words.t("role-parent"));
    let waits = Badge::new(Tone::Warn, words.t("acts-waits"));
    Settled {
        acting: vec![
            Acting {
                acts: acts(&["authority-freeze"]),
                ..card(Person::new("Rosa R.", words.t("role-parent")), None, mother)
            },
            Acting {
                papers,
                acts: acts(&["authority-change", "authority-freeze"]),
                ..card(luis(), None, father)
            },
            Acting {
                ways: way("acts-end"),
                acts: acts(&["authority-change"]),
                ..card(Person::new("Carmen L.", words.t("role-proxy")), None, helper)
            },
        ],
        changes: vec![
            Change {
                when: look.day(-400).text,
                why: words.say("acts-birthday").with("years", 12_u32).plain(),
                what: vec![line("acts-decides-more", "Mateo R."), line("acts-sees-less", "Rosa R.")],
            },
            Change {
                when: look.day(-2600).text,
                why: words.say("acts-birthday").with("years", 18_u32).plain(),
                what: vec![words.say("acts-over").with("name", "Rosa R.").plain()],
            },
        ],
        beside: vec![Acting {
            acts: acts(&["authority-look"]),
            ways: way("acts-withdraw"),
            ..card(Person::new("Inés P.", words.t("role-guardian")), Some(waits), vec![order(look)])
        }],
        stopped: vec![Acting {
            acts: acts(&["authority-review"]),
            ..card(luis(), Some(Badge::new(Tone::Stop, words.t("acts-stopped-badge"))), stopped(look, desk))
        }],
    }
}

fn stopped(look: &Look, desk: bool) -> Vec<Fact> {
    let words = look.words;
    let mut facts = vec![
        Fact::new(words.t("acts-stopped-from"), look.ago(2).text),
        Fact::new(words.t("acts-stopped-until"), look.ago(-70).text),
    ];
    if desk {
        let why = look.own("A report to the county this morning", "Un aviso al condado esta mañana");
        facts.push(Fact::new(words.t("acts-stopped-why"), why));
        facts.push(Fact::new(words.t("acts-stopped-by"), "Lee M."));
    }
    facts
}

fn who_acts(look: &Look, partly: bool) -> Page {
    let settled = match partly {
        false => settled(look, false),
        true => Settled {
            acting: settled(look, false).acting.into_iter().skip(1).collect(),
            ..Settled::default()
        },
    };
    let href = |rest: &str| Some(format!("{ROOT}/{rest}"));
    Box::new(WhoActs {
        frame: look.family(Tab::Sharing),
        back: Link::new("/r/k7m2q/sharing", look.words.t("tab-sharing")),
        name: "Mateo R.".to_owned(),
        person: if partly { Vec::new() } else { person(look) },
        settled,
        partly,
        free_standing: false,
        number: NUMBER.to_owned(),
        help_href: href("help"),
        new_href: href("new").filter(|_| !partly),
        person_href: None,
    })
}

/// Nobody has said anything yet, and no practice will.
fn unsaid(look: &Look) -> Page {
    let words = look.words;
    let named = Fact::new(words.t("acts-basis"), words.t("acts-basis-none"));
    let all = words.t("rooms-all");
    let only = card(look.you(), None, [held(look, all.clone(), all), vec![named]].concat());
    Box::new(WhoActs {
        frame: look.family(Tab::Sharing),
        back: Link::new("/r/k7m2q/sharing", words.t("tab-sharing")),
        name: "Mateo R.".to_owned(),
        person: Vec::new(),
        settled: Settled { acting: vec![only], ..Settled::default() },
        partly: false,
        free_standing: true,
        number: NUMBER.to_owned(),
        help_href: Some(format!("{ROOT}/help")),
        new_href: Some(format!("{ROOT}/new")),
        person_href: Some(format!("{ROOT}/person")),
    })
}

fn question(look: &Look, name: &'static str, key: &str, many: bool, choices: &[(&str, &str)]) -> Question {
    let choice = |(value, key): &(&str, &str)| Choice::new(*value, look.words.t(key));
    let choices = choices.iter().map(choice).collect();
    Question { name, legend: look.words.t(key), hint: String::new(), many, choices }
}

fn form(look: &Look, path: &str, title: String, lead: &str, button: &str) -> AuthorityForm {
    AuthorityForm {
        frame: look.family(Tab::Sharing),
        path: format!("{ROOT}/{path}"),
        back: Link::new(ROOT, look.words.t("acts-room")),
        title,
        lead: look.words.t(lead),
        facts: Vec::new(),
        carried: Vec::new(),
        questions: Vec::new(),
        fields: Vec::new(),
        button: look.words.t(button),
        stops: false,
        problems: Vec::new(),
    }
}

fn help(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let account = Field::line("account", words.t("acts-account")).hint(words.t("acts-account-hint"));
    let text = words.t("acts-account-wrong");
    let account = if wrong { account.value("412").wrong(text.clone()) } else { account };
    let until =
        Field::of("date", "until_day", words.t("acts-until-day")).hint(words.t("acts-help-until-hint"));
    let rooms = [("goals", "category-goals"), ("notes", "category-notes"), ("visits", "category-visits")];
    let deeds =
        [("read", "action-read"), ("contribute", "action-contribute"), ("download", "action-download")];
    Box::new(AuthorityForm {
        questions: vec![
            question(look, "category", "share-kinds", true, &rooms),
            question(look, "action", "share-may", true, &deeds),
        ],
        fields: vec![account, until.optional()],
        problems: wrong.then(|| Problem { field: "account".to_owned(), text }).into_iter().collect(),
        ..form(look, "help", words.t("acts-help-title"), "acts-help-lead", "acts-help-do")
    })
}

fn propose(look: &Look) -> Page {
    let words = look.words;
    let bases = [("custody", "acts-basis-custody"), ("foster", "acts-basis-foster")];
    let day = |name, key| Field::of("date", name, words.t(key)).optional();
    let note = Field::line("note", words.t("acts-note")).hint(words.t("acts-note-hint"));
    let who = [("1", "acts-other-parent"), ("other", "acts-who-other")];
    Box::new(AuthorityForm {
        questions: vec![
            question(look, "who", "acts-who", false, &who),
            question(look, "basis", "acts-basis-what", false, &bases),
            Question {
                hint: words.t("acts-all-hint"),
                ..question(look, "category", "share-kinds", true, &[("goals", "category-goals")])
            },
            question(look, "in_place", "acts-in-place", true, &[("yes", "acts-in-place-yes")]),
        ],
        fields: vec![day("from_day", "acts-from-day"), day("until_day", "acts-until-day"), note],
        ..form(look, "new", words.t("acts-new-title"), "acts-new-lead", "acts-new-do")
    })
}

fn end(look: &Look) -> Page {
    let title = look.words.say("acts-end-title").with("name", "Carmen L.").plain();
    Box::new(AuthorityForm {
        facts: held(look, look.own("Goals", "Metas"), look.words.t("acts-nothing")),
        stops: true,
        ..form(look, "7/end", title, "acts-end-lead", "acts-end")
    })
}

fn withdraw(look: &Look) -> Page {
    let title = look.words.say("acts-withdraw-title").with("name", "Inés P.").plain();
    Box::new(AuthorityForm {
        facts: vec![order(look)],
        stops: true,
        ..form(look, "7/withdraw", title, "acts-withdraw-lead", "acts-withdraw")
    })
}

/// What waits across the records of the network, each with its record's number.
fn waiting(look: &Look, none: bool) -> Page {
    let words = look.words;
    let Settled { beside, stopped, .. } = if none { Settled::default() } else { settled(look, true) };
    let numbered = |mut card: Acting| {
        card.badge = None;
        card.facts.insert(0, Fact::new(words.t("emergencies-patient"), NUMBER));
        card
    };
    let proposed = |card: Acting| {
        let mut card = numbered(card);
        card.facts.push(Fact::new(words.t("waiting-by"), "Rosa R."));
        card.facts.push(Fact::new(words.t("waiting-since"), look.ago(30).text));
        card
    };
    Box::new(Waiting {
        frame: officer(look),
        back: Link::new("/office", words.t("office-title")),
        open: stopped.len() + beside.len(),
        stopped: stopped.into_iter().map(numbered).collect(),
        proposed: beside.into_iter().map(proposed).collect(),
        next: None,
    })
}

fn officer(look: &Look) -> Frame {
    look.sized(Frame::officer(look.words, Tab::Office))
}

fn ask(look: &Look, told: bool, wrong: bool) -> Page {
    let words = look.words;
    let mut patient =
        Field::line("patient", words.t("emergency-patient")).hint(words.t("authority-patient-hint"));
    let text = words.t("office-number-wrong");
    if wrong {
        patient = patient.value("412").wrong(text.clone());
    }
    let day =
        |name, key: &str, hint: &str| Field::of("date", name, words.t(key)).hint(words.t(hint)).optional();
    let act = |key: &str| Act { label: words.t(key), carried: carried() };
    let asked = words.say("authority-told-then").with("when", look.day(20).text);
    Box::new(AuthorityThen {
        frame: officer(look),
        back: Link::new("/office", words.t("office-title")),
        fields: vec![
            patient,
            day("on", "authority-on", "authority-on-hint"),
            day("known", "authority-known", "authority-known-hint"),
        ],
        problems: wrong.then(|| Problem { field: "patient".to_owned(), text }).into_iter().collect(),
        told: told.then(|| Told {
            asked: asked.with("known", look.day(10).text).plain(),
            number: NUMBER.to_owned(),
            person: person(look),
            settled: settled(look, true),
            more: vec![act("authority-new"), act("acts-person")],
        }),
    })
}

fn act(look: &Look) -> Page {
    let words = look.words;
    let orders = [("renew", "act-renew"), ("end", "act-end")];
    Box::new(AuthorityForm {
        frame: officer(look),
        path: "/authority/act".to_owned(),
        back: Link::new("/authority", words.t("authority-title")),
        facts: [held(look, rooms(look), words.t("acts-nothing")), vec![order(look)]].concat(),
        carried: carried(),
        questions: vec![question(look, "order", "act-what", false, &orders)],
        fields: vec![Field::line("note", words.t("acts-note")).hint(words.t("act-renew-only")).optional()],
        ..form(look, "", "Luis R.".to_owned(), "act-lead", "act-do")
    })
}

fn stop(look: &Look) -> Page {
    let words = look.words;
    Box::new(AuthorityForm {
        frame: officer(look),
        path: "/authority/act".to_owned(),
        back: Link::new("/authority", words.t("authority-title")),
        carried: carried(),
        fields: vec![Field::line("reason", words.t("act-reason")).hint(words.t("act-reason-hint"))],
        stops: true,
        ..form(
            look,
            "",
            words.say("act-stop-title").with("name", "Luis R.").plain(),
            "act-stop-lead",
            "authority-freeze",
        )
    })
}
