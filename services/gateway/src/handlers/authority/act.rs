//! What the network's people say and do about who acts: what they have seen, its end and renewal, a stop and its review. Before it is done it
//! is shown what it is about.
use super::{
    desk::{Asked, answered, frame},
    family::{person, person_fields, problems},
    form::{self, Offer, Wrong, dressed, question},
    told::{Reader, Told},
};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        authority::AuthorityForm,
        parts::{Choice, Fact, Field, Link},
        sharing::{Carried, Question},
        show_as,
    },
    visitor::Signed,
};
use holdfast_proto::{
    consent::v1::{
        AttestAuthorityRequest, Authority, AuthorityWord, EndAuthorityRequest, FreezeHolderRequest,
        RecordAuthorityRequest, RenewAuthorityRequest, ReviewFreezeRequest, StatePersonRequest,
        WithdrawAuthorityRequest,
    },
    timestamp,
    r#type::v1::Position,
};
use holdfast_types::PatientId;
use http::StatusCode;

const REASON_CHARACTERS_MAX: u32 = 500;
const ATTEST: &str = "attest";
const WITHDRAW: &str = "withdraw";
const END: &str = "end";
const RENEW: &str = "renew";
const UPHOLD: &str = "uphold";
const LIFT: &str = "lift";

/// What it is about, as `what` names it.
enum About<'a> {
    New,
    Person,
    Account(&'a str),
    Authority(&'a str),
    Freeze(&'a str),
}

impl<'a> About<'a> {
    fn read(fields: &'a Fields) -> Option<Self> {
        match fields.one("what").split_once(':') {
            None if fields.one("what") == "new" => Some(Self::New),
            None if fields.one("what") == "person" => Some(Self::Person),
            Some(("account", id)) => Some(Self::Account(id)),
            Some(("authority", id)) => Some(Self::Authority(id)),
            Some(("freeze", id)) => Some(Self::Freeze(id)),
            _ => None,
        }
    }
}

/// Without `step` it is only shown.
pub(super) async fn page(signed: Signed, fields: Fields) -> Answer {
    let patient: PatientId = fields.one("patient").parse().map_err(|_| Failure::bad_form())?;
    let about = About::read(&fields).ok_or_else(Failure::bad_form)?;
    if matches!(about, About::New) {
        signed.stepped_up().inspect_err(|_| signed.come_back_to("/authority"))?;
    }
    let wrong = match fields.one("step") {
        "do" => match carried_out(&signed, &fields, &about).await? {
            Ok(done) => {
                let again = Fields::new(vec![("patient".to_owned(), patient.to_string())]);
                return answered(&signed, &again, &Asked::now(patient), Some(done)).await;
            }
            Err(wrong) => Some(wrong),
        },
        _ => None,
    };
    let list = Asked::now(patient).listed(&signed).await?;
    let number = patient.to_string();
    let reader = Reader::Desk(&signed, &number);
    let told = Told::of(&reader, &list, signed.now()).await?;
    let draft = draft(&signed, &fields, &about, &told)?;
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(show_as(status, &shown(&signed, &fields, wrong, &list.etag, draft)))
}

/// The page, before it is filled.
struct Draft {
    title: String,
    lead: &'static str,
    facts: Vec<Fact>,
    questions: Vec<Question>,
    fields: Vec<Field>,
    button: &'static str,
}

fn draft(signed: &Signed, typed: &Fields, about: &About<'_>, told: &Told<'_>) -> Result<Draft, Failure> {
    let words = signed.words();
    let choice =
        |code: &str, key: &str| Choice::new(code, words.t(key)).hint(words.t(&format!("{key}-hint")));
    let orders = |choices| vec![question(words, typed, "order", "act-what", false, choices)];
    Ok(match about {
        About::New => {
            let accounts = told.accounts().into_iter().map(|id| (id.to_owned(), named(told, id)));
            let offer = Offer { accounts: accounts.collect(), papers: Vec::new() };
            Draft {
                title: words.t("authority-new"),
                lead: "acts-new-lead-desk",
                facts: Vec::new(),
                questions: offer.questions(words, typed),
                fields: form::fields(words),
                button: "acts-new-do-own",
            }
        }
        About::Person => Draft {
            title: words.t("acts-person"),
            lead: "acts-person-lead",
            facts: told.person(),
            questions: Vec::new(),
            fields: person_fields(words),
            button: "form-save",
        },
        About::Account(id) => Draft {
            title: words.say("act-stop-title").with("name", named(told, id)).plain(),
            lead: "act-stop-lead",
            facts: Vec::new(),
            questions: Vec::new(),
            fields: vec![Field {
                size_max: REASON_CHARACTERS_MAX,
                ..Field::line("reason", words.t("act-reason")).hint(words.t("act-reason-hint"))
            }],
            button: "authority-freeze",
        },
        About::Authority(id) => {
            let authority = told.authority(id).ok_or_else(Failure::not_shown)?;
            let (choices, fields) = orders_of(authority, choice);
            let fields = if fields { renewing(signed) } else { Vec::new() };
            Draft {
                title: named(told, &authority.account_id),
                lead: "act-lead",
                facts: told.about(authority),
                questions: orders(choices),
                fields,
                button: "act-do",
            }
        }
        About::Freeze(id) => {
            let freeze = told.freeze(id).ok_or_else(Failure::not_shown)?;
            Draft {
                title: words.say("act-review-title").with("name", named(told, &freeze.account_id)).plain(),
                lead: "act-review-lead",
                facts: told.about_freeze(freeze),
                questions: orders(vec![choice(UPHOLD, "act-uphold"), choice(LIFT, "act-lift")]),
                fields: vec![form::until_day(words).hint(words.t("act-uphold-until-hint")).optional()],
                button: "act-do",
            }
        }
    })
}

fn named(told: &Told<'_>, account: &str) -> String {
    let who = told.who(account);
    if who.role.is_empty() { who.name } else { format!("{}, {}", who.name, who.role) }
}

/// What can be done about an authority, and whether one of it is to renew it.
fn orders_of(authority: &Authority, choice: impl Fn(&str, &str) -> Choice) -> (Vec<Choice>, bool) {
    if authority.word() == AuthorityWord::Waits {
        return (vec![choice(ATTEST, "act-attest"), choice(WITHDRAW, "act-refuse")], false);
    }
    let end = choice(END, "act-end");
    match authority.until_time {
        Some(_) => (vec![choice(RENEW, "act-renew"), end], true),
        None => (vec![end], false),
    }
}

fn renewing(signed: &Signed) -> Vec<Field> {
    let words = signed.words();
    vec![
        form::until_day(words).hint(words.t("act-renew-only")).optional(),
        Field::of("date", "issued_day", words.t("acts-issued-day"))
            .hint(words.t("act-renew-only"))
            .optional(),
        form::note(words).hint(words.t("act-renew-only")).optional(),
    ]
}

fn shown(signed: &Signed, typed: &Fields, wrong: Option<Wrong>, etag: &str, draft: Draft) -> AuthorityForm {
    let words = signed.words();
    let carried = |name: &str, value: &str| Carried { name: name.to_owned(), value: value.to_owned() };
    let named = ["patient", "what"].map(|name| carried(name, typed.one(name)));
    AuthorityForm {
        frame: frame(signed),
        path: "/authority/act".to_owned(),
        back: Link::new("/authority", words.t("authority-title")),
        title: draft.title,
        lead: words.t(draft.lead),
        facts: draft.facts,
        // What is decided is decided about what is shown.
        carried: named.into_iter().chain([carried("etag", etag)]).collect(),
        questions: draft.questions,
        fields: draft.fields.into_iter().map(|field| dressed(words, typed, wrong, field)).collect(),
        button: words.t(draft.button),
        stops: draft.button == "authority-freeze",
        problems: problems(words, wrong),
    }
}

/// What was done, as it is said; or what its writer can put right.
async fn carried_out(
    signed: &Signed,
    fields: &Fields,
    about: &About<'_>,
) -> Result<Result<&'static str, Wrong>, Failure> {
    let request_id = fields.request_id()?.to_string();
    let patient_id = fields.one("patient").to_owned();
    let done = match about {
        About::New => match form::asked(fields) {
            Ok(asked) => record(signed, RecordAuthorityRequest { request_id, patient_id, ..asked }).await,
            Err(wrong) => return Ok(Err(wrong)),
        },
        About::Person => match person(fields) {
            Ok(asked) => state(signed, StatePersonRequest { request_id, patient_id, ..asked }).await,
            Err(wrong) => return Ok(Err(wrong)),
        },
        About::Account(account) => {
            let (account_id, reason) = ((*account).to_owned(), fields.one("reason").to_owned());
            freeze(signed, FreezeHolderRequest { request_id, patient_id, account_id, reason }).await
        }
        About::Authority(id) => {
            let (authority_id, etag) = ((*id).to_owned(), fields.one("etag").to_owned());
            match fields.one("order") {
                ATTEST => {
                    let asked = AttestAuthorityRequest { request_id, patient_id, authority_id, etag };
                    attest(signed, asked).await
                }
                WITHDRAW => {
                    let asked = WithdrawAuthorityRequest { request_id, patient_id, authority_id, etag };
                    withdraw(signed, asked).await
                }
                END => end(signed, EndAuthorityRequest { request_id, patient_id, authority_id }).await,
                RENEW => match renewal(fields) {
                    Ok(asked) => {
                        renew(signed, RenewAuthorityRequest { request_id, patient_id, authority_id, ..asked })
                            .await
                    }
                    Err(wrong) => return Ok(Err(wrong)),
                },
                _ => return Ok(Err(("order", "act-what-wrong"))),
            }
        }
        About::Freeze(id) => match reviewed(fields) {
            Ok(asked) => {
                let (freeze_id, etag) = ((*id).to_owned(), fields.one("etag").to_owned());
                review(signed, ReviewFreezeRequest { request_id, patient_id, freeze_id, etag, ..asked }).await
            }
            Err(wrong) => return Ok(Err(wrong)),
        },
    };
    match done {
        Ok((said, position)) => {
            signed.wrote(position);
            Ok(Ok(said))
        }
        Err(failure) => Ok(Err(form::said(&failure).ok_or(failure)?)),
    }
}

fn renewal(fields: &Fields) -> Result<RenewAuthorityRequest, Wrong> {
    let until = form::until(fields)?.ok_or(("until_day", "acts-day-wrong"))?;
    let evidence = Some(form::evidence(fields)?);
    Ok(RenewAuthorityRequest { until_time: Some(timestamp(until)), evidence, ..Default::default() })
}

fn reviewed(fields: &Fields) -> Result<ReviewFreezeRequest, Wrong> {
    let uphold = match fields.one("order") {
        UPHOLD => true,
        LIFT => false,
        _ => return Err(("order", "act-what-wrong")),
    };
    let until_time = if uphold { form::until(fields)?.map(timestamp) } else { None };
    Ok(ReviewFreezeRequest { uphold, until_time, ..Default::default() })
}

/// What it is called when it is done, and where it stands.
type Done = Result<(&'static str, Option<Position>), Failure>;

async fn record(signed: &Signed, asked: RecordAuthorityRequest) -> Done {
    Ok(("acts-recorded", signed.authorities().record_authority(asked).await?.into_inner().position))
}

async fn state(signed: &Signed, asked: StatePersonRequest) -> Done {
    Ok(("acts-stated", signed.authorities().state_person(asked).await?.into_inner().position))
}

async fn attest(signed: &Signed, asked: AttestAuthorityRequest) -> Done {
    Ok(("act-attested", signed.authorities().attest_authority(asked).await?.into_inner().position))
}

async fn withdraw(signed: &Signed, asked: WithdrawAuthorityRequest) -> Done {
    Ok(("act-refused", signed.authorities().withdraw_authority(asked).await?.into_inner().position))
}

async fn end(signed: &Signed, asked: EndAuthorityRequest) -> Done {
    Ok(("acts-ended", signed.authorities().end_authority(asked).await?.into_inner().position))
}

async fn renew(signed: &Signed, asked: RenewAuthorityRequest) -> Done {
    Ok(("act-renewed", signed.authorities().renew_authority(asked).await?.into_inner().position))
}

async fn freeze(signed: &Signed, asked: FreezeHolderRequest) -> Done {
    Ok(("act-stopped", signed.authorities().freeze_holder(asked).await?.into_inner().position))
}

async fn review(signed: &Signed, asked: ReviewFreezeRequest) -> Done {
    let said = if asked.uphold { "act-upheld" } else { "act-lifted" };
    Ok((said, signed.authorities().review_freeze(asked).await?.into_inner().position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_review_upholds_or_lifts_and_a_renewal_has_a_later_day_and_a_paper() {
        assert_eq!(reviewed(&form(&[])), Err(("order", "act-what-wrong")));
        let lifted = reviewed(&form(&[("order", LIFT), ("until_day", "2026-12-01")])).unwrap();
        assert_eq!((lifted.uphold, lifted.until_time), (false, None), "it ends now");
        let upheld = reviewed(&form(&[("order", UPHOLD), ("until_day", "2026-12-01")])).unwrap();
        assert!(upheld.uphold && upheld.until_time.is_some());
        assert_eq!(renewal(&form(&[("note", "order")])), Err(("until_day", "acts-day-wrong")));
        let without = form(&[("until_day", "2027-01-01")]);
        assert_eq!(renewal(&without), Err(("note", "acts-note-wrong")));
    }

    #[test]
    fn what_it_is_about_is_named_by_its_kind() {
        let named = |what: &str| About::read(&form(&[("what", what)])).is_some();
        assert!(["new", "person", "account:1", "authority:1", "freeze:1"].into_iter().all(named));
        assert!(!["", "authority", "grant:1", "1"].into_iter().any(named));
    }
}
