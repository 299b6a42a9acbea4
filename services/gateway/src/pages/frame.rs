//! What all pages share: language, tabs, the banner of the record that is open, and the ways out.

use super::parts::{Icon, Notice};
use crate::web;
use crate::words::{Lang, Phrase, Words};

/// The record a page is about.
#[derive(Clone, Debug)]
pub struct OpenRecord {
    /// The account's own alias of the record, for addresses.
    pub alias: String,
    /// What the family calls it ("M"): the only thing of the record in a title.
    pub label: String,
    /// The full name, for headings.
    pub name: String,
    /// Set when the account is not the record's own: by what right, until when.
    pub acting: Option<String>,
    /// One to four: the stripe that goes with the name.
    pub stripe: u8,
}

/// Which tab a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Home,
    Record,
    Papers,
    Messages,
    Sharing,
    Looked,
    People,
    Me,
    Work,
    Office,
    None,
}

/// A way to another room.
#[derive(Clone, Debug)]
pub struct Way {
    pub href: String,
    pub label: String,
    pub icon: Icon,
    pub current: bool,
    pub count: u32,
}

#[derive(Clone, Debug)]
pub struct Frame {
    pub words: Words,
    /// Targets of 56 px and larger type.
    pub large: bool,
    pub record: Option<OpenRecord>,
    pub tabs: Vec<Way>,
    pub more: Vec<Way>,
    pub signed_in: bool,
    pub notice: Option<Notice>,
    /// The page's own path, to come back to after a change of language.
    pub here: String,
    /// The id that a form of this page carries, so that a double tap counts once.
    pub request_id: String,
    /// How long the session lasts without a touch; none when nobody is signed in.
    pub session_seconds: Option<u32>,
    pub help_phone: String,
}

impl Frame {
    /// A page for somebody who is not signed in.
    pub fn outside(words: Words) -> Self {
        Self {
            words,
            large: false,
            record: None,
            tabs: Vec::new(),
            more: Vec::new(),
            signed_in: false,
            notice: None,
            here: "/".to_owned(),
            request_id: String::new(),
            session_seconds: None,
            help_phone: "1-800-555-0100".to_owned(),
        }
    }

    /// A page for a family: tabs of the open record, or only home and people.
    pub fn family(words: Words, record: Option<OpenRecord>, tab: Tab, unread: u32) -> Self {
        let way = |at, href: String, key: &str, icon, count| Way {
            href,
            label: words.t(key),
            icon,
            current: at == tab,
            count,
        };
        let mut tabs = vec![way(Tab::Home, "/h".into(), "tab-home", Icon::Home, 0)];
        let mut more = Vec::new();
        if let Some(open) = &record {
            let root = format!("/r/{}", open.alias);
            tabs.push(way(Tab::Record, root.clone(), "tab-record", Icon::Record, 0));
            tabs.push(way(Tab::Papers, format!("{root}/papers"), "tab-papers", Icon::Papers, 0));
            tabs.push(way(Tab::Messages, format!("{root}/messages"), "tab-messages", Icon::Messages, unread));
            tabs.push(way(Tab::Sharing, format!("{root}/sharing"), "tab-sharing", Icon::Sharing, 0));
            more.push(way(Tab::Looked, format!("{root}/looked"), "tab-looked", Icon::Eye, 0));
        }
        more.push(way(Tab::People, "/people".into(), "tab-people", Icon::People, 0));
        more.push(way(Tab::Me, "/me".into(), "tab-me", Icon::Me, 0));
        Self { record, tabs, more, signed_in: true, ..Self::outside(words) }
    }

    /// A page for a therapist or the front desk: the work list, and the open patient's rooms.
    pub fn staff(words: Words, record: Option<OpenRecord>, tab: Tab, unread: u32) -> Self {
        let mut frame = Self::family(words, record, tab, unread);
        if let Some(first) = frame.tabs.first_mut() {
            *first = Way {
                href: "/work".into(),
                label: words.t("tab-work"),
                icon: Icon::Work,
                current: tab == Tab::Work,
                count: 0,
            };
        }
        frame.tabs.retain(|way| !way.href.ends_with("/sharing"));
        frame.more.retain(|way| !way.href.ends_with("/looked"));
        frame
    }

    /// Who works here may hold a record, too: its pages lead to the desk, and home stays home.
    #[must_use]
    pub fn beside(mut self, desk: Tab) -> Self {
        if let Some(home) = self.tabs.first_mut() {
            home.href = "/h?mine=true".into();
        }
        let (href, key, icon) = match desk {
            Tab::Office => ("/office", "tab-office", Icon::Search),
            _ => ("/work", "tab-work", Icon::Work),
        };
        let label = self.words.t(key);
        self.more.insert(0, Way { href: href.into(), label, icon, current: false, count: 0 });
        self
    }

    /// A page for a compliance officer.
    pub fn officer(words: Words, tab: Tab) -> Self {
        let mut frame = Self::staff(words, None, tab, 0);
        if let Some(first) = frame.tabs.first_mut() {
            first.href = "/office".into();
            first.label = words.t("tab-office");
            first.icon = Icon::Search;
            first.current = tab == Tab::Office;
        }
        frame
    }

    /// Staff come from their work list, families from the list of people.
    pub fn is_staff(&self) -> bool {
        self.tabs.first().is_some_and(|way| way.href == "/work")
    }

    pub fn t(&self, key: &str) -> String {
        self.words.t(key)
    }

    pub fn say(&self, key: &str) -> Phrase {
        self.words.say(key)
    }

    pub fn asset(&self, name: &str) -> &'static str {
        web::asset(name)
    }

    /// The path under the open record, or of the site where none is open.
    pub fn path(&self, rest: &str) -> String {
        match &self.record {
            Some(open) => format!("/r/{}{rest}", open.alias),
            None => rest.to_owned(),
        }
    }

    /// Whose record it is, for the heading of each of its pages, where it is not the account's own.
    pub fn whose(&self) -> Option<&str> {
        self.record.as_ref().filter(|open| open.acting.is_some()).map(|open| open.name.as_str())
    }

    /// Room, then the label the family chose: nothing else may stand in a title.
    pub fn title(&self, room: &str) -> String {
        match &self.record {
            Some(open) if open.label.is_empty() => format!("{room} – Holdfast"),
            Some(open) => format!("{room} · {} – Holdfast", open.label),
            None => format!("{room} – Holdfast"),
        }
    }

    pub fn other_languages(&self) -> impl Iterator<Item = Lang> + use<> {
        let own = self.words.lang;
        Lang::ALL.into_iter().filter(move |lang| *lang != own)
    }
}
