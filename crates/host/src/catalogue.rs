//! The error catalogue: every reason with which a call can be refused. `docs/errors.md` is made from it.
use crate::reason::{Acts, Reason};
use std::fmt::Write as _;
use tonic::Code;

macro_rules! catalogue {
    ($($name:ident: $code:ident, $acts:ident, $meaning:literal, $remedy:literal;)+) => {
        $(#[doc = $meaning]
        pub const $name: &Reason = &Reason::new(stringify!($name), Code::$code, $meaning, Acts::$acts, $remedy);)+

        /// Every reason, in the order of the catalogue.
        pub const ALL: &[&Reason] = &[$($name),+];
    };
}

catalogue! {
    // Every call.
    INTERNAL_FAULT: Internal, Operator, "Something failed that was not expected; the metadata `correlation_id` finds it in the log.", "Look up the correlation id in the service's log.";
    MESSAGE_MALFORMED: InvalidArgument, Program, "The message is not valid protobuf, for example a text that is not UTF-8.", "Encode the message with the published contracts.";
    MESSAGE_TOO_LARGE: ResourceExhausted, Program, "One message is larger than the service takes.", "Send less at once; streams take large content in chunks.";
    METADATA_MALFORMED: InvalidArgument, Program, "A metadata entry cannot be read; the metadata `key` names it.", "Send the entry as the contracts describe it.";
    FIELD_INVALID: InvalidArgument, Program, "A field holds a value that it may not hold; the field violations name the place.", "Correct the named fields.";
    FIELD_MISSING: InvalidArgument, Program, "A field that must be filled is empty; the field violations name it.", "Fill the named fields.";
    ID_MALFORMED: InvalidArgument, Program, "A field should hold a UUID and does not; the field violations name it.", "Send the id as it was received.";
    TEXT_TOO_LONG: InvalidArgument, Person, "A text is longer than its field allows; the metadata `characters_max` says how long it may be.", "Shorten the text.";
    DATE_IMPOSSIBLE: InvalidArgument, Person, "A date or time is not one that the calendar knows, or lies out of range.", "Correct the date.";
    PERIOD_ENDS_BEFORE_IT_BEGINS: InvalidArgument, Person, "A period ends before it begins, or at the same moment.", "Correct its beginning or its end.";
    FIELD_MASK_UNKNOWN: InvalidArgument, Program, "An update mask names a field that cannot be updated; the metadata `path` names it.", "Name only the documented paths.";
    PAGE_SIZE_OUT_OF_RANGE: InvalidArgument, Program, "The page size is negative or larger than the method allows; the metadata `page_size_max` says what it allows.", "Ask for fewer at once; 0 takes the default.";
    PAGE_TOKEN_MALFORMED: InvalidArgument, Program, "The page token is not one that was given out.", "Begin again without a page token.";
    PAGE_TOKEN_OF_ANOTHER_QUERY: InvalidArgument, Program, "The page token was given for a query with other parameters.", "Keep the query the same from page to page, or begin again without a page token.";
    REQUEST_ID_MISSING: InvalidArgument, Program, "A command carries no `request_id`.", "Make a UUID for every command and send the same one when repeating it.";
    REQUEST_ID_REUSED: AlreadyExists, Program, "This `request_id` was used before with other content.", "Make a new UUID for a new command.";
    ETAG_MISMATCH: Aborted, Person, "It was changed by somebody else since it was read.", "Read it again, then decide anew.";
    ETAG_MALFORMED: InvalidArgument, Program, "The etag is not one that was given out.", "Send the etag as it was received, or none.";
    CHANGED_MEANWHILE: Aborted, Program, "Another command for the same thing was faster, again and again.", "Repeat the command with the same `request_id`.";
    COMMAND_TOO_LARGE: ResourceExhausted, Program, "The command makes more or larger events than the log takes in one step.", "Split the command.";
    TOO_MANY: InvalidArgument, Program, "A list holds more entries than its field allows; the field violations name it.", "Send fewer entries.";
    METHOD_UNKNOWN: Unimplemented, Program, "This service has no such method.", "Ask the reflection service for what there is.";
    CALL_TIMED_OUT: DeadlineExceeded, Program, "The call took longer than the service allows.", "Repeat it with the same `request_id`; ask for less at once.";
    SERVER_BUSY: Unavailable, Program, "The service has as many calls in hand as it takes.", "Repeat after the delay in RetryInfo.";
    LOG_UNAVAILABLE: Unavailable, Operator, "The event log cannot be reached, so nothing was changed or shown.", "Bring the database back; callers repeat after the delay in RetryInfo with the same `request_id`.";
    PEER_UNAVAILABLE: Unavailable, Operator, "Another service that is needed for the answer cannot be reached; the metadata `service` names it.", "Bring that service back; callers repeat after the delay in RetryInfo.";
    NOT_HEARD_YET: Unavailable, Program, "What the call builds on, by `holdfast-after`, has not arrived at this service within a second; the metadata `service` says from where.", "Repeat after a moment; it arrives by itself.";
    CONTENT_ERASED: FailedPrecondition, Person, "The content was erased for good: its key is destroyed.", "Nothing brings it back.";

    // Who calls, and what for.
    TOKEN_MISSING: Unauthenticated, Program, "The call carries no bearer token.", "Send `authorization: Bearer <token>` with a token of identity.";
    TOKEN_INVALID: Unauthenticated, Program, "The bearer token is not one of this installation, or was tampered with.", "Get a token from identity.";
    TOKEN_EXPIRED: Unauthenticated, Program, "The bearer token has expired.", "Get a new token from identity; they are good for five minutes at most.";
    PURPOSE_UNKNOWN: InvalidArgument, Program, "The metadata `holdfast-purpose` is not a purpose of use that the contracts list.", "Send one of the codes of `holdfast.type.v1.Purpose` without its prefix, e.g. `TREAT`.";
    PEER_CERTIFICATE_MISSING: Unauthenticated, Operator, "This method is for services only, and the caller showed no certificate of one.", "Call it as a service, with a certificate of the installation's authority.";
    PEER_NOT_PERMITTED: PermissionDenied, Operator, "This method is for certain services of the installation, as its contract says, and the caller's certificate is of another.", "Call it as such a service.";
    NOT_PERMITTED: PermissionDenied, Holder, "The caller may not do this; whether the thing exists is not said.", "The record's holder can share it; a practice's administrator can assign a role.";
    UNRECORDABLE: Unavailable, Operator, "The look could not be decided or noted on the log, so nothing was shown.", "Bring the database back; the caller repeats after the delay in RetryInfo.";
    CONSENT_STALE: PermissionDenied, Operator, "Nobody but the record's holders is answered, because the newest consent decisions have not arrived.", "Find out why the feed from consent lags; it heals by itself once it has caught up.";


    // Identity.
    EMAIL_MALFORMED: InvalidArgument, Person, "The text is not an e-mail address.", "Correct the address.";
    TOO_MANY_LINKS: ResourceExhausted, Person, "Too many sign-in links were asked for.", "Use the newest link, or wait.";
    MAIL_UNAVAILABLE: Unavailable, Operator, "The mail with the sign-in link could not be sent.", "Bring the mail server back; repeating the command with the same `request_id` sends the mail again.";
    LINK_UNKNOWN: NotFound, Person, "There is no such sign-in link.", "Ask for a new one.";
    LINK_USED: FailedPrecondition, Person, "The sign-in link was used already.", "Ask for a new one.";
    LINK_EXPIRED: FailedPrecondition, Person, "The sign-in link is older than 10 minutes.", "Ask for a new one.";
    LINK_OTHER_BROWSER: FailedPrecondition, Person, "The sign-in link was asked for in another browser.", "Open it in the browser that asked, or ask anew in this one.";
    SESSION_ENDED: Unauthenticated, Person, "The session has ended.", "Sign in again.";
    SESSION_UNKNOWN: NotFound, Person, "The caller has no such session.", "List the sessions.";
    SECOND_FACTOR_NEEDED: Unauthenticated, Person, "The session awaits a second factor.", "Show a code of the authenticator app, a recovery code or a passkey.";
    STEP_UP_REQUIRED: PermissionDenied, Person, "The act wants a factor that was shown within the last 10 minutes.", "Show the second factor again, or sign in anew where there is none; then repeat the command.";
    NO_SECOND_FACTOR: FailedPrecondition, Person, "The account has no second factor.", "Set up an authenticator app or a passkey first.";
    CODE_WRONG: InvalidArgument, Person, "The code is not one of this account's that is good now.", "Type the code that the app shows now, or a recovery code that was not used.";
    CODE_USED: FailedPrecondition, Person, "The code was used already.", "Wait for the next one of the app.";
    TOO_MANY_CODES: ResourceExhausted, Person, "Too many codes were wrong.", "Use a recovery code or a passkey, or sign in anew; the app's codes are taken again a day later at the latest.";
    TOTP_ENROLLED: FailedPrecondition, Person, "The account has an authenticator app already.", "Take it away first.";
    TOTP_NOT_BEGUN: FailedPrecondition, Person, "No authenticator app awaits its first code.", "Begin anew.";
    TOO_MANY_CHALLENGES: ResourceExhausted, Person, "Too many challenges were asked for from one network address.", "Wait a few minutes.";
    CHALLENGE_UNKNOWN: FailedPrecondition, Person, "The challenge was used, is older than 5 minutes, or was never given out.", "Begin anew.";
    PASSKEY_REFUSED: FailedPrecondition, Person, "What the passkey signed is not what was asked; the metadata `rule` names what is broken.", "Begin anew, on this installation's own pages.";
    PASSKEY_COUNTER: FailedPrecondition, Person, "The passkey counts no further than it did before: there may be a copy of it.", "Take it away and set up another.";
    PASSKEY_KNOWN: AlreadyExists, Person, "The passkey is set up already.", "Use it, or choose another device.";
    PASSKEY_UNKNOWN: NotFound, Person, "There is no such passkey.", "Sign in another way; list the passkeys.";
    TOO_MANY_PASSKEYS: FailedPrecondition, Person, "The account has 10 passkeys already.", "Take one away.";
    ASSERTION_MALFORMED: Unauthenticated, Program, "What was sent to get a token is no signed JWT with the claims `iss`, `sub`, `aud`, `exp` and `jti`.", "Sign as the contract of IssueServiceToken says.";
    ASSERTION_ALGORITHM: Unauthenticated, Program, "The assertion is signed by no algorithm of the key that it names; `none` and shared keys are never taken.", "Sign with the private half of the key whose `kid` the header names.";
    ASSERTION_KEY_UNKNOWN: Unauthenticated, Operator, "The assertion names no key of such a service account.", "Check the account and the `kid`; an operator adds keys with AddServiceKeys.";
    ASSERTION_SIGNATURE: Unauthenticated, Program, "The signature of the assertion is not of the key that it names.", "Sign with the private half of that key.";
    ASSERTION_SUBJECT: Unauthenticated, Program, "The assertion's `iss` or `sub` is not the service account.", "Write the account's id into both.";
    ASSERTION_AUDIENCE: Unauthenticated, Program, "The assertion is not for this installation, or not for it alone.", "Write the name of the installation (setting `issuer`) into `aud`, and nothing else.";
    ASSERTION_EXPIRED: Unauthenticated, Program, "The assertion has expired.", "Sign a new one for each token; set the clock.";
    ASSERTION_EARLY: Unauthenticated, Program, "The assertion's `iat` or `nbf` lies ahead.", "Set the clock; it may differ by 60 seconds.";
    ASSERTION_LIFE: Unauthenticated, Program, "The assertion's `exp` lies more than 5 minutes ahead.", "Sign a new one for each token, good for 5 minutes at most.";
    ASSERTION_REPLAYED: Unauthenticated, Program, "The assertion was shown before.", "Sign a new one for each token, with a new `jti`; if it was not you, take the key away with RemoveServiceKey.";
    PROVIDER_UNKNOWN: NotFound, Person, "No practice's sign-in provider vouches for addresses of this domain, or there is none at the place that was named.", "Use the address of your work, or sign in by a link.";
    PROVIDER_UNAVAILABLE: Unavailable, Operator, "The practice's sign-in provider does not answer, or not as it should.", "Try again later, or sign in by a link; ask whoever runs the provider.";
    PROVIDER_ANSWER_REFUSED: Unauthenticated, Operator, "The practice's sign-in provider said what is not taken; the metadata `rule` names what is broken: `format`, `address`, `issuer`, `code`, `algorithm`, `key`, `signature`, `audience`, `time`, `nonce` or `subject`.", "Begin anew; if it stays so, compare the provider's settings with SetSignInProvider's, and the clocks.";
    PROVIDER_SIGN_IN_UNKNOWN: FailedPrecondition, Person, "The sign-in by a practice's provider has come back already, is older than 10 minutes, or was never begun.", "Begin anew.";
    PROVIDER_OTHER_BROWSER: FailedPrecondition, Person, "The sign-in by a practice's provider was begun in another browser.", "Begin anew in this one.";
    PROVIDER_EMAIL_UNVERIFIED: PermissionDenied, Person, "The practice's provider does not say that the address is verified.", "Ask whoever runs the provider to verify it, or sign in by a link.";
    PROVIDER_EMAIL_BEYOND: PermissionDenied, Person, "The practice's provider vouches for no address of this domain.", "Ask an administrator of the practice to add the domain, or sign in by a link.";
    PROVIDER_NOT_INVITED: PermissionDenied, Person, "Nobody at the practice has invited the address that its provider vouches for.", "Ask an administrator of the practice to invite it.";
    PROVIDER_LINK_IN_SESSION: FailedPrecondition, Person, "The account has been signed in to otherwise or holds roles elsewhere, so a practice's provider does not open it by its word alone.", "Sign in as before, then sign in by the practice once in the same browser.";
    ROLE_MAPPING_BEYOND: InvalidArgument, Operator, "A provider's mapping names a role of the installation or of programs, or one beyond the provider's own tenant or practice.", "Map roles of people, at the provider's own place.";
    SIGN_IN_DOMAIN_TAKEN: AlreadyExists, Operator, "Another practice's provider vouches for a domain of these.", "Name the practice's own domains; an operator removes the other provider where it is wrong.";
    KEY_SET_REFUSED: InvalidArgument, Operator, "The key set is not one that a service account can have; the metadata `rule` names what is broken: `format`, `private`, `kind`, `length`, `id` or `count`.", "Make a key pair with `holdfast service-key` and send what it prints.";
    KEY_FOR_PROGRAMS: FailedPrecondition, Operator, "The account is a person's, who has no keys of this kind.", "Name a service account.";
    SERVICE_KEY_KNOWN: AlreadyExists, Operator, "The service account has a key of this id.", "Give the new key another `kid`, or none.";
    SERVICE_KEY_UNKNOWN: NotFound, Operator, "The service account has no key of this id.", "Look at its keys with GetServiceKeys.";
    TOO_MANY_SERVICE_KEYS: FailedPrecondition, Operator, "A service account has 5 keys at most.", "Take away one that is no longer used.";
    ACCOUNT_EXISTS: AlreadyExists, Operator, "An account with this id exists, for another address.", "Choose another id, or none.";
    ACCOUNT_UNKNOWN: NotFound, Program, "There is no such account.", "Check the id.";
    TENANT_UNKNOWN: NotFound, Program, "There is no such tenant.", "Check the id.";
    TENANT_EXISTS: AlreadyExists, Operator, "A tenant with this id exists.", "Choose another id, or none.";
    PRACTICE_UNKNOWN: NotFound, Program, "There is no such practice.", "Check the id.";
    PRACTICE_EXISTS: AlreadyExists, Operator, "A practice with this id exists.", "Choose another id, or none.";
    ROLE_TO_ONESELF: FailedPrecondition, Person, "Nobody gives a role to themselves.", "Ask another administrator.";
    ROLE_FOR_PEOPLE: FailedPrecondition, Person, "A program holds no role of people.", "Give the role to the person who acts.";
    ROLE_NOT_HELD_THERE: FailedPrecondition, Person, "The role is not held at this kind of organisation.", "Choose another organisation, or another role.";
    REVIEW_OPEN: FailedPrecondition, Person, "A review of the tenant's roles is under way.", "Finish that one first.";
    REVIEW_UNKNOWN: NotFound, Program, "The tenant has no such review.", "List its reviews.";
    REVIEW_LINE_UNKNOWN: NotFound, Program, "The review has no such line.", "Read the review again.";
    REVIEW_SIGNED_OFF: FailedPrecondition, Person, "The review was signed off already.", "Begin another one.";
    REVIEW_UNDECIDED: FailedPrecondition, Person, "A line of the review is not decided, or a role that was to be withdrawn is held still.", "Decide what waits.";
    OWN_ROLE: FailedPrecondition, Person, "Nobody decides on their own role, and whoever opened a review that has theirs does not sign it off.", "Let another reviewer do it.";
    TOO_MANY_TO_REVIEW: ResourceExhausted, Operator, "The tenant has more than 5,000 roles, which is more than a review holds.", "Withdraw what is not needed by itself first.";
    ALREADY_ASSIGNED: FailedPrecondition, Person, "The account holds this role already.", "Nothing needs to be done.";
    NOT_ASSIGNED: FailedPrecondition, Person, "The account does not hold this role.", "Nothing needs to be done.";
    TOO_MANY_ROLES: FailedPrecondition, Operator, "The account holds 100 roles, which is as many as a token carries.", "Take a role away that is not needed.";

    // Consent.
    RECORD_EXISTS: AlreadyExists, Program, "A record with this id is open already.", "Choose another id, or none.";
    RECORD_UNKNOWN: NotFound, Program, "There is no such record.", "Check the id.";
    ALREADY_HOLDER: FailedPrecondition, Person, "The account holds this record already.", "Nothing needs to be done.";
    TOO_MANY_HOLDERS: FailedPrecondition, Person, "The record has 16 holders already.", "Share with the person by a grant instead.";
    NOTHING_SHARED: InvalidArgument, Person, "The grant names no category or no action.", "Choose what to share.";
    OWN_GRANT_NEEDED: InvalidArgument, Person, "The grant names psychotherapy notes, records of substance use treatment or a minor's confidential services beside something else.", "Share each of them by a grant of its own.";
    AUTHORITY_SETTLED: FailedPrecondition, Person, "Who acts for the person of this record is settled by authorities, so that a name alone gives nothing.", "Record an authority, or appoint a proxy.";
    PROXY_OF_ONESELF: FailedPrecondition, Person, "Nobody acts for themselves as somebody else, and nobody's own account is frozen.", "Name another account.";
    BEYOND_OWN_AUTHORITY: FailedPrecondition, Person, "A proxy is given no more, and for no longer, than the holder who appoints it holds; a proxy appoints nobody.", "Choose fewer rooms or an earlier end.";
    NOT_A_HOLDER: FailedPrecondition, Person, "The account holds nothing of the record.", "Nothing needs to be stopped; grants are revoked.";
    AUTHORITY_UNKNOWN: NotFound, Person, "The record has no such authority or freeze.", "List who had authority.";
    AUTHORITY_ENDED: FailedPrecondition, Person, "The authority or freeze has ended, or waits no more.", "Record a new one.";
    TOO_MANY_AUTHORITIES: ResourceExhausted, Person, "The record has as many authorities or freezes as it may.", "Ask whoever runs the installation.";
    GRANT_TO_HOLDER: FailedPrecondition, Person, "The grantee holds the record and needs no grant.", "Nothing needs to be done.";
    GRANT_BEYOND_ROLE: FailedPrecondition, Person, "The grant names a category of which the role sees nothing, whatever is shared.", "Leave the category out, or share with somebody by name.";
    TOO_MANY_GRANTS: ResourceExhausted, Person, "The record has 200 grants that have not ended.", "Revoke those that are not needed any more.";
    GRANT_UNKNOWN: NotFound, Program, "There is no such grant.", "List the grants.";
    ALREADY_REVOKED: FailedPrecondition, Person, "The grant was revoked already.", "Nothing needs to be done.";
    GRANT_USED_UP: ResourceExhausted, Person, "All visits that the grant is good for were made.", "Ask whoever shares the record for more.";
    GRANT_NOT_CHANGEABLE: FailedPrecondition, Person, "The grant was taken in an emergency, or is over, so that it is not changed.", "Revoke it, or give another.";
    SHARED_LINK_CLOSED: NotFound, Person, "There is no such link, or it was ended, is over, was opened as often as it may be, or a wrong passcode was said too often.", "Ask whoever gave the link for a new one.";
    PASSCODE_MISSING: Unauthenticated, Person, "The link wants a passcode; the metadata `remaining_attempts` says how often one may be tried.", "Ask whoever gave the link for it.";
    PASSCODE_WRONG: Unauthenticated, Person, "The passcode is wrong; the metadata `remaining_attempts` says how often another may be tried.", "Ask whoever gave the link for it; at the fifth wrong one the link is closed for good.";
    ALREADY_MARKED: FailedPrecondition, Person, "The same is marked as never shared already.", "Nothing needs to be done.";
    TOO_MANY_MARKS: ResourceExhausted, Person, "The record has 100 marks of what is never shared.", "Lift those that are not needed any more, or mark a whole room.";
    MARK_UNKNOWN: NotFound, Person, "The record has no such mark, or it was lifted.", "List the marks.";
    TOO_MANY_EMERGENCIES: ResourceExhausted, Person, "The caller has opened 5 records in an emergency within 24 hours.", "Ask a colleague who has not, or one of the record's holders.";
    INVITATION_UNKNOWN: NotFound, Person, "There is no such invitation, or it is to another address.", "Sign in with the address to which it was sent.";
    INVITATION_OVER: FailedPrecondition, Person, "The invitation was answered or taken back already.", "Ask the practice for another.";
    INVITATION_EXPIRED: FailedPrecondition, Person, "Nobody answered the invitation within 14 days.", "Ask the practice for another.";
    INVITATION_WAITS: FailedPrecondition, Person, "The practice has invited this address and waits for its answer.", "Wait, or take the invitation back.";
    TOO_MANY_INVITATIONS: ResourceExhausted, Person, "Too many invitations of the practice wait, or too many were mailed to the address within a day.", "Take back those that nobody will answer, or wait a day.";
    TREATMENT_UNKNOWN: NotFound, Program, "There is no such treating relationship.", "List those of the record or of the practice.";
    TREATMENT_PROPOSED: FailedPrecondition, Person, "It was proposed, and the other side has not agreed yet.", "Wait for the other side, or take the proposal back.";
    TREATMENT_STANDS: FailedPrecondition, Person, "The practice treats the person of this record already.", "Nothing needs to be done.";
    TREATMENT_ENDED: FailedPrecondition, Person, "Nobody has proposed it, or it was declined, taken back or ended.", "Propose it anew.";
    TOO_MANY_TREATMENTS: ResourceExhausted, Person, "The record has as many practices as it takes that have not ended.", "End one that no longer treats.";
    BEYOND_POLICY: FailedPrecondition, Person, "More was to be seen by the care team than the practice's policy says.", "Agree to what the policy names; share more by a grant of its own.";
    BEYOND_ROLE: InvalidArgument, Person, "A policy gives a role more than any grant to that role can open.", "Leave out what the role does not need.";
    OWN_EMERGENCY: FailedPrecondition, Person, "Nobody reviews an emergency access of their own.", "Let another compliance officer sign it off.";
    ALREADY_REVIEWED: FailedPrecondition, Person, "The emergency access was signed off already.", "Nothing needs to be done.";
    ERASURE_NOT_REQUESTED: FailedPrecondition, Holder, "No holder of the record asks for its erasure.", "A holder asks for it first.";
    SECOND_PERSON_NEEDED: FailedPrecondition, Person, "It takes two: who asked for an erasure, proposed an authority or a change of the record, or placed a freeze, does not carry it out, attest it, accept it or review it.", "Let somebody else do it.";
    LEGAL_HOLD: FailedPrecondition, Person, "The record is under a legal hold.", "Wait until every hold is lifted.";
    RETENTION_RUNS: FailedPrecondition, Person, "The law wants the record kept for longer; the metadata `retain_until_date` says until when.", "Come back after that date.";
    RETENTION_RULE_UNKNOWN: InvalidArgument, Person, "The installation states no such rule of retention.", "Name one of those that HOLDFAST_RETENTION_RULES states.";
    TOO_MANY_ERASURES: FailedPrecondition, Holder, "The record has 64 documents already that somebody asks to have erased.", "Wait until some were erased, or take a wish back.";
    HOLD_UNKNOWN: NotFound, Program, "The record has no such hold, or it was lifted.", "Read where the erasure stands.";
    TOO_MANY_HOLDS: FailedPrecondition, Person, "The record has 16 holds already.", "Lift those that have ended.";

    // Records.
    PATIENT_REGISTERED: AlreadyExists, Program, "The record has its demographics already.", "Update them instead.";
    PATIENT_UNKNOWN: NotFound, Program, "The record has no demographics yet.", "Register the patient.";
    ITEM_UNKNOWN: NotFound, Program, "There is no such item in this record.", "List the items.";
    ALREADY_RETRACTED: FailedPrecondition, Person, "The item is marked as entered in error already.", "Nothing needs to be done.";
    FIELD_LOCKED: PermissionDenied, Person, "Families propose this and do not change it; the metadata `field` names it.", "Propose the change: somebody of the practice accepts it or says why not.";
    LOCK_REQUIRED: FailedPrecondition, Person, "Nobody can open this field to families; the metadata `field` names it.", "Leave it among what is locked.";
    PROPOSAL_UNKNOWN: NotFound, Program, "The record has no such proposal.", "List the proposals.";
    PROPOSAL_DECIDED: FailedPrecondition, Person, "The proposal waits no more: it was accepted, rejected or taken back.", "Read what became of it; propose anew where something is still wrong.";
    PROPOSAL_OF_ANOTHER: FailedPrecondition, Person, "Somebody else proposed it.", "Let them take it back, or let the practice decide.";
    NOTHING_PROPOSED: FailedPrecondition, Person, "What is proposed is what stands already.", "Nothing needs to be done.";
    TOO_MANY_PROPOSALS: ResourceExhausted, Person, "50 proposals of this record wait to be decided.", "Wait until some were decided, or take some back.";
    RESOURCE_MALFORMED: InvalidArgument, Program, "The FHIR resource is not valid; the metadata `place` names where.", "Correct the resource.";
    BUNDLE_MALFORMED: InvalidArgument, Program, "The bundle is not valid FHIR R4; the metadata `place` names where.", "Correct the bundle; nothing of it was taken.";
    BUNDLE_REFERENCE_BROKEN: InvalidArgument, Program, "A reference in the bundle leads nowhere; the metadata `place` names where.", "Add what is missing, or take the reference out; nothing was taken.";
    BUNDLE_CODE_SYSTEM_MALFORMED: InvalidArgument, Program, "A code system in the bundle is not a URI; the metadata `place` names where.", "Correct the coding; nothing was taken.";
    BUNDLE_CODE_SYSTEM_UNKNOWN: InvalidArgument, Person, "Entries say what they are by codes of systems that are not known here; the field violations name up to 10 places with their systems, the metadata `place`, `system` and `place_count` the first of them and how many there are.", "Have the source name the codes by a known system, too, or send the bundle with `accept_unknown_code_systems`; nothing was taken.";
    BUNDLE_PATIENT_MISMATCH: InvalidArgument, Person, "The bundle is about somebody else, or about more than one person; the metadata `place` names where.", "Choose the record that the bundle belongs to; nothing was taken.";
    BUNDLE_UNSUPPORTED: InvalidArgument, Program, "The bundle asks for what is not supported; the metadata `place` names where.", "Send a transaction, batch or collection of R4 resources.";
    BUNDLE_TOO_LARGE: ResourceExhausted, Program, "The bundle holds more than 32 MiB or more than 20,000 entries.", "Split the bundle.";

    // Documents.
    MEDIA_TYPE_NOT_ALLOWED: InvalidArgument, Person, "Files of this kind are not taken.", "Send it as a PDF, a picture or plain text.";
    MEDIA_TYPE_MISMATCH: InvalidArgument, Person, "The content is of another kind than was said.", "Send the file under its true kind.";
    DOCUMENT_TOO_LARGE: ResourceExhausted, Person, "The file is larger than 100 MiB.", "Send a smaller file.";
    TOO_MANY_UPLOADS: ResourceExhausted, Person, "Too many uploads have been begun and not ended.", "Finish them, or wait until they expire.";
    UPLOAD_UNKNOWN: NotFound, Program, "There is no such upload.", "Start a new one.";
    UPLOAD_OFFSET_WRONG: FailedPrecondition, Program, "The bytes do not begin where the last ones ended; the metadata `received_bytes` says where.", "Go on from there.";
    UPLOAD_ENDED: FailedPrecondition, Program, "The upload was completed or has expired.", "Start a new one.";
    UPLOAD_OVERFULL: InvalidArgument, Program, "More bytes were sent than the upload was started for; those that were too many were not kept.", "Start an upload of the right size.";
    UPLOAD_INCOMPLETE: FailedPrecondition, Program, "Not all bytes have arrived; the metadata `received_bytes` says how many have.", "Send the rest.";
    DIGEST_MISMATCH: DataLoss, Program, "What arrived is not what was announced.", "Upload it again.";
    DOCUMENT_UNKNOWN: NotFound, Program, "There is no such document in this record.", "List the documents.";
    ALREADY_WITHDRAWN: FailedPrecondition, Person, "The document was withdrawn already.", "Nothing needs to be done.";
    DOCUMENT_DAMAGED: DataLoss, Operator, "A part of the document is missing in the object store or is not what was put there; nothing of that part was given.", "Bring the object back from a backup; the log names the part.";
    STORE_UNAVAILABLE: Unavailable, Operator, "The object store cannot be reached, so nothing was kept or shown.", "Bring the object store back; callers repeat after the delay in RetryInfo.";

    // Messaging.
    SUBJECT_EMPTY: InvalidArgument, Person, "The thread has no subject.", "Write one.";
    BODY_EMPTY: InvalidArgument, Person, "The message says nothing.", "Write something.";
    BODY_TOO_LONG: InvalidArgument, Person, "The message is longer than 10,000 characters.", "Shorten it, or attach a document.";
    TOO_MANY_ATTACHMENTS: InvalidArgument, Person, "The message has more than 10 attachments.", "Send them in several messages.";
    THREAD_UNKNOWN: NotFound, Program, "There is no such thread in this record.", "List the threads.";
    MESSAGE_UNKNOWN: NotFound, Program, "There is no such message in this thread.", "List the messages.";
    THREAD_FULL: FailedPrecondition, Person, "The thread holds as many messages as a thread takes.", "Start a new one.";
    THREAD_CLOSED: FailedPrecondition, Person, "The thread is closed.", "Start a new one.";

    // Audit.
    SEARCH_UNBOUNDED: InvalidArgument, Person, "The search names neither a patient nor an actor nor a period.", "Name at least one.";
    THING_UNKNOWN: NotFound, Person, "The history knows of no such item, document, thread or message in this record by that moment.", "Check its number and the moment.";
    TOO_MANY_ENTRIES: InvalidArgument, Person, "More was found than one file holds; the metadata `entries_max` says how much that is.", "Narrow the search by days, persons or records, or write the history with `holdfast audit replay`.";
    LOG_FILE_UNKNOWN: NotFound, Program, "The transparency log has no such file, or none is kept.", "Read the checkpoint; a tile that is not there any more is in the full one.";

    // The event log, among services.
    LANE_OUT_OF_RANGE: InvalidArgument, Program, "There are lanes 0 to 1023 only.", "Ask for one of them.";
}

/// The reason of that name.
pub fn find(name: &str) -> Option<&'static Reason> {
    ALL.iter().copied().find(|reason| reason.name() == name)
}

/// The catalogue as a page; `docs/errors.md` is this text.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Made from `crates/host/src/catalogue.rs`; do not edit.\n\n\
         Every refusal is a gRPC status with a `google.rpc.ErrorInfo` of the domain `holdfast`, whose reason is one of these.\n\
         Fields that are wrong are named in a `google.rpc.BadRequest`; every UNAVAILABLE carries a `google.rpc.RetryInfo`.\n\n\
         | reason | code | meaning | who acts | what to do |\n|---|---|---|---|---|\n",
    );
    for reason in ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            reason.name(),
            reason.code_name(),
            reason.meaning(),
            reason.acts().as_str(),
            reason.remedy(),
        );
    }
    page
}
