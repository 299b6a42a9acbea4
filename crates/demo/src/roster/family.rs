//! One family: its adults, households, language, insurance and how often life gets in the way.

use super::{
    Authority, Dice, FamilyMember, Home, Household, Key, Language, Name, Outline, PayerKind, Person, Role,
    names, place,
};
use crate::model::Relationship;
use chrono::{Duration, NaiveDate};

pub(super) struct Family {
    pub(super) key: Key,
    pub(super) surname: &'static str,
    pub(super) members: Vec<FamilyMember>,
    pub(super) households: Vec<Household>,
    pub(super) language: Language,
    pub(super) interpreter: Option<Language>,
    pub(super) payer: PayerKind,
    pub(super) absence: f64,
}

/// Each family name is given once.
pub(super) struct Surnames {
    english: std::vec::IntoIter<&'static str>,
    spanish: std::vec::IntoIter<&'static str>,
}

impl Surnames {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self {
            english: dice.shuffled(&names::FAMILIES).into_iter(),
            spanish: dice.shuffled(&names::SPANISH_FAMILIES).into_iter(),
        }
    }

    fn next(&mut self, home: Home) -> &'static str {
        let from =
            if home == Home::Interpreter(Language::Spanish) { &mut self.spanish } else { &mut self.english };
        from.next().unwrap_or("Demo")
    }
}

impl Family {
    pub(super) fn found(
        seed: u64,
        today: NaiveDate,
        outline: &Outline,
        surnames: &mut Surnames,
        phones: usize,
        people: &mut Vec<Person>,
    ) -> Self {
        let mut dice = Dice::new(seed, format!("family {}", outline.family));
        let key = Key::new(format!("family-{:02}", outline.family));
        let surname = surnames.next(outline.home);
        let interpreter = match outline.home {
            Home::Interpreter(language) => Some(language),
            _ => None,
        };
        let adults = adults(&mut dice, outline.home);
        let mut members = Vec::new();
        for (n, (relationship, authority, lives_with)) in adults.iter().enumerate() {
            let woman = !matches!(relationship, Relationship::Father | Relationship::Stepfather);
            let given = given_name(&mut dice, woman, interpreter, surname, people);
            let account = key.child(format!("{relationship:?}").to_lowercase());
            people.push(Person {
                key: account.clone(),
                email: format!("{}.{}@families.example", names::plain(given), names::plain(surname)),
                name: Name { given: given.into(), family: surname.into() },
                phone: place::phone(phones + 3 + n),
                languages: interpreter
                    .into_iter()
                    .chain((n > 0 || interpreter.is_none()).then_some(Language::English))
                    .collect(),
                role: Role::Family,
                left: None,
            });
            let since = today - Duration::days(dice.between(250, 900));
            members.push(FamilyMember {
                account,
                relationship: *relationship,
                authority: *authority,
                since,
                lives_with: *lives_with,
            });
        }
        let households = households(&mut dice, &key, outline.home, &members, phones);
        Self {
            key,
            surname,
            members,
            households,
            language: interpreter.unwrap_or(Language::English),
            interpreter,
            payer: if outline.cast == Some(super::Cast::A) || dice.chance(0.36) {
                PayerKind::Medicaid
            } else {
                PayerKind::Commercial
            },
            // Skewed: few families cause most absences.
            absence: 0.03 + 0.24 * dice.unit().powf(2.4),
        }
    }
}

fn adults(dice: &mut Dice, home: Home) -> Vec<(Relationship, Authority, bool)> {
    use Authority::{HelperOnly, JointCustody, LegalGuardian};
    use Relationship::{Aunt, Father, FosterParent, Grandmother, Mother, Stepmother};
    match home {
        Home::TwoHouseholds => {
            let mut all = vec![(Mother, JointCustody, true), (Father, JointCustody, true)];
            if dice.chance(0.6) {
                all.push((Stepmother, HelperOnly, true));
            }
            all
        }
        Home::Foster => vec![(FosterParent, LegalGuardian, true), (Aunt, HelperOnly, false)],
        _ => {
            let mut all = vec![(Mother, LegalGuardian, true)];
            if dice.chance(0.78) {
                all.push((Father, LegalGuardian, true));
            }
            if dice.chance(0.25) {
                all.push((Grandmother, HelperOnly, false));
            }
            all
        }
    }
}

/// Fits the family's language, and makes an e-mail address that nobody else has.
fn given_name(
    dice: &mut Dice,
    woman: bool,
    language: Option<Language>,
    surname: &str,
    people: &[Person],
) -> &'static str {
    let list: &[&'static str] = match (language, woman) {
        (Some(Language::Spanish), true) => &["Rosa", "Carmen", "Marisol", "Yolanda", "Elvira", "Graciela"],
        (Some(Language::Spanish), false) => &["Luis", "Hector", "Ramón", "Arturo", "Fermín", "Joaquín"],
        (Some(Language::Arabic), true) => &["Leila", "Nadia", "Aisha"],
        (Some(Language::Arabic), false) => &["Khalid", "Yusuf"],
        (Some(Language::Vietnamese), true) => &["Thuy", "Hoa", "Mai"],
        (Some(Language::Vietnamese), false) => &["Tuan", "Duc"],
        (_, true) => &names::WOMEN,
        (_, false) => &names::MEN,
    };
    let used: Vec<&str> = people.iter().map(|person| person.name.given.as_str()).collect();
    let free: Vec<&'static str> = list.iter().copied().filter(|name| !used.contains(name)).collect();
    let other: Vec<&'static str> = list
        .iter()
        .copied()
        .filter(|name| {
            !people.iter().any(|person| person.name.given == *name && person.name.family == surname)
        })
        .collect();
    let from: &[&'static str] = match (free.is_empty(), other.is_empty()) {
        (false, _) => &free,
        (true, false) => &other,
        (true, true) => list,
    };
    let chosen: &&'static str = dice.pick(from);
    chosen
}

fn households(
    dice: &mut Dice,
    key: &Key,
    home: Home,
    members: &[FamilyMember],
    phones: usize,
) -> Vec<Household> {
    let mut household = |n: usize, adults: Vec<Key>, days| Household {
        key: key.child(format!("home-{n}")),
        address: place::address(format!("{} {}", dice.between(11, 989), dice.pick(&place::STREETS))),
        phone: place::phone(phones + 2 + n),
        adults,
        days,
    };
    let with: Vec<Key> =
        members.iter().filter(|member| member.lives_with).map(|member| member.account.clone()).collect();
    if home == Home::TwoHouseholds {
        let (first, second) = with.split_at(1.min(with.len()));
        vec![
            household(1, first.to_vec(), "Monday to Wednesday, and every second weekend"),
            household(2, second.to_vec(), "Thursday and Friday, and every second weekend"),
        ]
    } else {
        vec![household(1, with, "all week")]
    }
}
