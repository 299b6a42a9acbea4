//! Who asks for a page and how: language, session, what was written last; and what the answer sets in the browser.
use crate::{
    cookie::{self, Cookie},
    failure::Failure,
    form::way_back,
    network,
    pages::{
        Frame, Tab,
        parts::{Notice, Tone, When},
    },
    sayings::SAYINGS,
    session::{Seat, Session, SignedIn},
    site::Site,
    words::{Lang, Words},
};
use axum::extract::FromRequestParts;
use chrono::{DateTime, FixedOffset, Local, Offset as _, TimeZone as _, Utc};
use holdfast_host::{client::Outgoing, metadata::position_text, settings::StepUp};
use holdfast_proto::{
    audit::v1::audit_service_client::AuditServiceClient,
    consent::v1::{
        consent_service_client::ConsentServiceClient, emergency_service_client::EmergencyServiceClient,
        erasure_service_client::ErasureServiceClient,
    },
    documents::v1::documents_service_client::DocumentsServiceClient,
    identity::v1::identity_service_client::IdentityServiceClient,
    messaging::v1::messaging_service_client::MessagingServiceClient,
    records::v1::{
        proposal_service_client::ProposalServiceClient, records_service_client::RecordsServiceClient,
    },
    time,
    r#type::v1::Position,
};
use holdfast_types::{Purpose, Service};
use http::{header, request::Parts};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

use crate::{
    services::Line,
    written::{AFTER_MAX, after},
};

/// How long a browser's own writes are waited for.
const AFTER_SECONDS: u32 = 60;
const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;
const SAID_SECONDS: u32 = 30;
/// How long the way back after signing in is kept.
const BACK_SECONDS: u32 = 900;

/// Made once per request by the entrance; handlers take it, or [`Signed`], as an argument.
#[derive(Clone)]
pub struct Visitor(Arc<Visit>);

struct Visit {
    site: Arc<Site>,
    lang: Lang,
    session: Session,
    here: String,
    correlation: Uuid,
    from: Option<IpAddr>,
    now: DateTime<Utc>,
    said: Option<&'static str>,
    after: Mutex<Vec<Position>>,
    sets: Mutex<Vec<Cookie>>,
}

impl Visitor {
    pub(crate) async fn meet(site: Arc<Site>, parts: &Parts, correlation: Uuid) -> Self {
        let headers = &parts.headers;
        let session = site.session(headers, correlation).await;
        let own = match &session {
            Session::Signed(signed) => signed.account.locale.split('-').next().and_then(Lang::from_code),
            _ => None,
        };
        let accepted = || {
            let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            Lang::preferred(languages.unwrap_or_default())
        };
        let chosen = cookie::read(headers, cookie::LANG).and_then(Lang::from_code);
        let said = cookie::read(headers, cookie::SAID);
        Self(Arc::new(Visit {
            lang: chosen.or(own).unwrap_or_else(accepted),
            session,
            here: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            correlation,
            from: network::address(parts, site.pages.proxies),
            now: site.now(),
            said: said.and_then(|said| SAYINGS.iter().copied().find(|known| *known == said)),
            after: Mutex::new(after(headers)),
            sets: Mutex::new(Vec::new()),
            site,
        }))
    }

    pub fn site(&self) -> &Arc<Site> {
        &self.0.site
    }

    pub fn words(&self) -> Words {
        Words::new(self.0.lang)
    }

    /// The address that was asked for, for coming back to.
    pub fn here(&self) -> &str {
        &self.0.here
    }

    pub fn correlation(&self) -> Uuid {
        self.0.correlation
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0.session
    }

    /// One moment for the whole page.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now
    }

    /// The moment where the pages are read.
    pub fn local_now(&self) -> DateTime<FixedOffset> {
        local(self.now())
    }

    /// A moment in words.
    pub fn moment(&self, at: DateTime<Utc>) -> When {
        When::moment(self.words(), local(at), self.local_now())
    }

    /// A moment of a contract in words; none where it is absent.
    pub fn when(&self, at: Option<&prost_types::Timestamp>) -> Option<When> {
        at.and_then(|at| time(at).ok()).map(|at| self.moment(at))
    }

    /// The day of a moment of a contract in words.
    pub fn day(&self, at: Option<&prost_types::Timestamp>) -> Option<When> {
        let day = at.and_then(|at| time(at).ok()).map(|at| local(at).date_naive())?;
        Some(When::day(self.words(), day, self.local_now().date_naive()))
    }

    /// Sets a cookie with the answer.
    pub fn set(&self, cookie: Cookie) {
        held(&self.0.sets).push(cookie);
    }

    /// Where signing in, or showing again who is there, leads back to.
    pub fn come_back_to(&self, path: &str) {
        self.set(Cookie::new(cookie::BACK, way_back(path)).of_sign_in().lasting(BACK_SECONDS));
    }

    pub(crate) fn has_way_back(&self) -> bool {
        held(&self.0.sets).iter().any(|set| set.name == cookie::BACK)
    }

    /// A token with what the account and the session are now, for the next page.
    pub fn forget_token(&self) {
        if let Session::Signed(signed) = self.session() {
            self.site().sessions.forget(&signed.digest);
        }
    }

    /// What the page after the redirect says on top: one of [`SAYINGS`].
    pub fn say_next(&self, key: &'static str) {
        debug_assert!(SAYINGS.contains(&key), "`{key}` is not listed");
        self.set(Cookie::new(cookie::SAID, key).lasting(SAID_SECONDS));
    }

    pub fn choose(&self, lang: Lang) {
        self.set(Cookie::new(cookie::LANG, lang.code()).lasting(YEAR_SECONDS));
    }

    pub(crate) fn take_sets(&self) -> Vec<Cookie> {
        std::mem::take(&mut *held(&self.0.sets))
    }

    /// A frame without tabs where nobody is signed in, else one without an open record.
    pub fn frame(&self, tab: Tab) -> Frame {
        let words = self.words();
        let frame = match &self.0.session {
            Session::Signed(signed) => match signed.seat() {
                Seat::Family => Frame::family(words, None, tab, 0),
                Seat::Staff => Frame::staff(words, None, tab, 0),
                Seat::Officer => Frame::officer(words, tab),
            },
            _ => Frame::outside(words),
        };
        self.dress(frame)
    }

    /// What every frame gets of the visit, whatever it is about.
    pub(crate) fn dress(&self, mut frame: Frame) -> Frame {
        if let Session::Signed(signed) = &self.0.session {
            frame.large = signed.account.large_text;
            frame.session_seconds = Some(self.0.site.pages.session_seconds());
        }
        frame.here = self.0.here.clone();
        frame.request_id = self.0.site.ids.next().to_string();
        frame.help_phone = self.0.site.pages.help_phone.clone();
        if let Some(said) = self.0.said {
            self.set(Cookie::gone(cookie::SAID));
            frame.notice = Some(Notice { tone: Tone::Good, text: frame.words.t(said), link: None });
        }
        frame
    }

    /// What a call says that needs no token.
    pub fn unsigned(&self) -> Outgoing {
        Outgoing::new().correlation(self.0.correlation).client(self.0.from)
    }
}

/// A visitor who is signed in; everybody else is sent to sign in, and comes back.
#[derive(Clone)]
pub struct Signed {
    visitor: Visitor,
    pub who: Arc<SignedIn>,
    /// None: what follows from the relationship.
    purpose: Option<Purpose>,
}

impl std::ops::Deref for Signed {
    type Target = Visitor;
    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

/// A visitor who is signed in, though perhaps not yet with what the account's roles want: for the pages that lead there.
pub struct Arriving(pub Signed);

impl Signed {
    pub(crate) fn of(visitor: &Visitor) -> Result<Self, Failure> {
        let Arriving(signed) = Arriving::of(visitor)?;
        if signed.who.withheld { Err(Failure::second_factor()) } else { Ok(signed) }
    }

    /// Asks from now on for an emergency.
    pub fn in_emergency(&self) -> Self {
        Self { purpose: Some(Purpose::EmergencyTreatment), ..self.clone() }
    }

    /// What a call says: who calls, and after what it is to answer.
    pub fn outgoing(&self) -> Outgoing {
        let outgoing = self.unsigned().bearer(self.who.token.clone());
        let outgoing = outgoing.after(held(&self.visitor.0.after).iter().cloned());
        match self.purpose {
            Some(purpose) => outgoing.purpose(purpose),
            None => outgoing,
        }
    }

    pub fn identity(&self) -> IdentityServiceClient<Line> {
        self.site().services.identity(self.outgoing())
    }

    pub fn records(&self) -> RecordsServiceClient<Line> {
        self.site().services.records(self.outgoing())
    }

    pub fn proposals(&self) -> ProposalServiceClient<Line> {
        self.site().services.proposals(self.outgoing())
    }

    pub fn documents(&self) -> DocumentsServiceClient<Line> {
        self.site().services.documents(self.outgoing())
    }

    pub fn consent(&self) -> ConsentServiceClient<Line> {
        self.site().services.consent(self.outgoing())
    }

    pub fn emergencies(&self) -> EmergencyServiceClient<Line> {
        self.site().services.emergencies(self.outgoing())
    }

    pub fn erasures(&self) -> ErasureServiceClient<Line> {
        self.site().services.erasures(self.outgoing())
    }

    pub fn messaging(&self) -> MessagingServiceClient<Line> {
        self.site().services.messaging(self.outgoing())
    }

    pub fn audit(&self) -> AuditServiceClient<Line> {
        self.site().services.audit(self.outgoing())
    }

    /// Notes where a write ended, so that the following calls and pages, of whatever service, show it.
    pub fn wrote(&self, position: Option<Position>) {
        let Some(position) = position else { return };
        if position.service == Service::Consent.as_str() {
            self.site().shelves.forget(&self.who.account_id);
        }
        let mut after = held(&self.visitor.0.after);
        after.retain(|own| (&own.service, own.lane) != (&position.service, position.lane));
        after.push(position);
        let spare = after.len().saturating_sub(AFTER_MAX);
        after.drain(..spare);
        let text = after.iter().map(position_text).collect::<Vec<_>>().join(".");
        drop(after);
        self.set(Cookie::new(cookie::AFTER, text).lasting(AFTER_SECONDS));
    }

    /// After sessions of the account were ended: each is asked for again at once.
    pub fn forget_sessions(&self) {
        let account = self.who.account_id;
        self.site().sessions.forget_where(|signed| signed.account_id == account);
    }

    /// For what nobody is to do on a device that was left open; the services hold to it, too.
    pub fn shown_lately(&self) -> Result<(), Failure> {
        if self.who.shown_lately(self.now()) { Ok(()) } else { Err(Failure::step_up()) }
    }

    /// Before a form that opens a record to somebody else, so that nothing is typed in vain; the services hold to it, too.
    pub fn stepped_up(&self) -> Result<(), Failure> {
        let waived = self.site().step_up == StepUp::Waived || !self.who.has_second;
        if waived || self.who.second_lately(self.now()) { Ok(()) } else { Err(Failure::step_up()) }
    }
}

impl Arriving {
    pub(crate) fn of(visitor: &Visitor) -> Result<Self, Failure> {
        match visitor.session().clone() {
            Session::Signed(who) => Ok(Self(Signed { visitor: visitor.clone(), who, purpose: None })),
            Session::None | Session::Ended | Session::Awaiting => Err(Failure::signed_out()),
            Session::Unknown(failure) => Err(failure),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Failure> {
        // A route outside the entrance is a fault of ours.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::of(crate::pages::trouble::Trouble::Failed))
    }
}

impl FromRequestParts<Arc<Site>> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Failure> {
        Self::of(&Visitor::from_request_parts(parts, site).await?)
    }
}

impl FromRequestParts<Arc<Site>> for Arriving {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Failure> {
        Self::of(&Visitor::from_request_parts(parts, site).await?)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&Local.offset_from_utc_datetime(&at.naive_utc()).fix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_page_may_say_is_said_in_every_language() {
        for words in Lang::ALL.map(Words::new) {
            assert!(SAYINGS.iter().all(|key| words.holds(key)));
        }
    }
}
