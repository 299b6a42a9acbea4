//! Made-up people and moments for the gallery. None of them exists.

use chrono::{DateTime, Duration, FixedOffset};

use holdfast_types::Category;

use super::Look;
use crate::pages::item::{Seer, Version};
use crate::pages::never::Never;
use crate::pages::parts::{Badge, Link, Person, Tone, When};
use crate::pages::{Frame, OpenRecord, Tab};
use crate::words::Lang;

impl Look {
    /// The text of the made-up contents in the gallery's language.
    pub(super) fn own(&self, english: &str, spanish: &str) -> String {
        match self.words.lang {
            Lang::En => english.to_owned(),
            Lang::Es => spanish.to_owned(),
            Lang::Turned => self.words.turned(english.to_owned()),
        }
    }

    pub(super) fn ago(&self, hours: i64) -> When {
        When::moment(self.words, now() - Duration::hours(hours), now())
    }

    pub(super) fn day(&self, days_ago: i64) -> When {
        let today = now().date_naive();
        When::day(self.words, today - Duration::days(days_ago), today)
    }

    pub(super) fn family(&self, tab: Tab) -> Frame {
        let record = OpenRecord {
            alias: "k7m2q".to_owned(),
            label: "M".to_owned(),
            name: "Mateo R.".to_owned(),
            acting: Some(self.own("You: mother, until Mar 3, 2038", "Usted: madre, hasta 3 mar 2038")),
            stripe: 1,
        };
        self.sized(Frame::family(self.words, Some(record), tab, 2))
    }

    pub(super) fn therapist(&self, open: bool, tab: Tab) -> Frame {
        let record = open.then(|| OpenRecord {
            alias: "p4x9d".to_owned(),
            label: "M".to_owned(),
            name: "Mateo R.".to_owned(),
            acting: Some(self.own("Goals and visit notes, until Feb 22", "Metas y notas, hasta el 22 feb")),
            stripe: 1,
        });
        self.sized(Frame::staff(self.words, record, tab, 1))
    }

    pub(super) fn sized(&self, frame: Frame) -> Frame {
        let session_seconds = frame.signed_in.then_some(1800);
        Frame {
            large: self.large,
            session_seconds,
            request_id: "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001".to_owned(),
            ..frame
        }
    }

    pub(super) fn outside(&self) -> Frame {
        self.sized(Frame::outside(self.words))
    }

    pub(super) fn dana(&self) -> Person {
        Person::new("Dana K.", self.own("speech therapist", "terapeuta del habla"))
    }

    pub(super) fn you(&self) -> Person {
        Person::new("Rosa R.", self.words.t("role-you"))
    }

    pub(super) fn fresh(&self) -> Badge {
        Badge::new(Tone::Good, self.words.say("badge-read").with("when", self.ago(1).text).plain())
    }

    pub(super) fn history(&self) -> Vec<Version> {
        let words = self.words;
        vec![
            Version {
                number: 2,
                when: self.ago(26),
                who: self.dana(),
                what: words.say("change-value").with("old", "7 / 10").with("new", "8 / 10").plain(),
                current: true,
                href: None,
            },
            Version {
                number: 1,
                when: self.ago(122),
                who: self.dana(),
                what: words.t("change-first"),
                current: false,
                href: None,
            },
        ]
    }

    pub(super) fn never(&self) -> Never {
        let notes = self.words.category(Category::Notes);
        let mark = Link::new("/r/k7m2q/sharing/never/5d", format!("{notes}: Lincoln School"));
        Never {
            href: "/r/k7m2q/i/4f/never".to_owned(),
            share_href: "/r/k7m2q/i/4f/share".to_owned(),
            marks: vec![mark],
        }
    }

    pub(super) fn seers(&self) -> Vec<Seer> {
        let grant = self.words.say("by-grant").with("when", self.day(322).text).plain();
        vec![
            Seer {
                who: Person::new("Bright Path Speech", self.words.category(Category::CareTeam)),
                why: grant,
            },
            Seer { who: self.you(), why: self.words.t("by-parent") },
        ]
    }

    pub(super) fn practice(&self) -> Badge {
        Badge::new(Tone::Plain, "Bright Path")
    }
}

/// The gallery's clock stands still, on an evening in New York.
fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-22T18:00:00-05:00").unwrap_or_default()
}
