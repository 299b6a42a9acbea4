//! What is commanded of who acts for whom.
use super::{Step, What, account};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_consent::domain::authority::{
    self, Authority, Basis, Change, Evidence, FREEZE_LASTS, Freeze, Person, Word,
};
use holdfast_types::{Action, AuthorityId, Category, Period};

impl Step {
    pub(super) fn change(&self, now: DateTime<Utc>) -> Change {
        let (by, id) = (account(self.by), AuthorityId::new(self.id()));
        let until = |hours: i64| now + TimeDelta::hours(hours);
        match self.what {
            What::Record => Change::Recorded(self.authority(now)),
            What::Attest => Change::Attested { authority: id, by },
            What::Withdraw => Change::Withdrawn { authority: id, by },
            What::Renew => {
                let evidence = Evidence { note: "the order of May".into(), ..Evidence::default() };
                Change::Renewed { authority: id, until: until(48), evidence }
            }
            What::End => Change::Ended { authority: id, ended: until(self.until_hours.unwrap_or_default()) },
            What::Freeze => Change::Frozen(Freeze {
                id,
                account: self.other(),
                placed: now,
                reason: "a report".into(),
                by,
                review: None,
            }),
            What::ReviewFreeze => {
                let upheld = self.way > 0;
                let until = Some(if upheld { now + FREEZE_LASTS } else { now });
                Change::Reviewed { freeze: id, review: authority::Review { upheld, by, until } }
            }
            _ => {
                let born = (now - TimeDelta::days(365 * i64::from(6 * self.way + 1))).date_naive();
                Change::Person(Person { born, state: "US-CA".into() })
            }
        }
    }

    fn authority(&self, now: DateTime<Utc>) -> Authority {
        let begun = now + TimeDelta::hours(self.from_hours.unwrap_or_default());
        let ends = self.until_hours.map(|hours| begun + TimeDelta::hours(hours.max(0) + 1));
        let word = match self.way {
            0 | 1 => Word::Waits,
            2 => Word::Own,
            _ => Word::Attested(account(2)),
        };
        Authority {
            id: AuthorityId::new(self.id()),
            account: self.other(),
            basis: Basis::ALL[usize::from(self.way + 3 * self.thing + self.by) % Basis::ALL.len()],
            categories: vec![Category::Notes, Category::Goals],
            actions: vec![Action::Read, Action::Share],
            period: Period::try_new(begun, ends).unwrap(),
            in_place_of_person: false,
            evidence: Evidence::default(),
            word,
            by: account(self.by),
            withdrawn: false,
        }
    }
}
