//! What is shared by links, for whoever may share: their bearers have no profile at identity, and are called what the links are called.
use crate::{
    directory::Known, failure::Failure, pages::parts::Person, services::Line, shelf::Open, visitor::Signed,
    words::Words,
};
use holdfast_proto::consent::v1::{
    Grant, Link, ListLinksRequest, grantee::Kind, link_service_client::LinkServiceClient,
};
use std::collections::HashMap;

impl Signed {
    pub(crate) fn links(&self) -> LinkServiceClient<Line> {
        self.site().services.links(self.outgoing())
    }
}

impl Open {
    /// Also bearers of links, where the reader may know of them; asked only where there is somebody of whom identity knows nothing.
    pub(crate) async fn known<'a>(
        &self,
        actors: impl IntoIterator<Item = &'a str>,
    ) -> Result<Known, Failure> {
        let actors: Vec<&str> = actors.into_iter().collect();
        let known = Signed::known(self, actors.iter().copied()).await?;
        if !self.record.may_share() || actors.iter().all(|actor| known.knows(actor)) {
            return Ok(known);
        }
        Ok(known.with_links(self.by_link().await?))
    }

    /// The links of the record, by the account that each one's bearer is.
    async fn by_link(&self) -> Result<HashMap<String, Link>, Failure> {
        let asked = ListLinksRequest { patient_id: self.patient_id() };
        let links = self.links().list_links(asked).await?.into_inner().links;
        Ok(links.into_iter().map(|link| (link.link_id.clone(), link)).collect())
    }
}

/// Whether a grant is a link's: its bearer has the grant's own id.
pub(crate) fn is_link(grant: &Grant) -> bool {
    let kind = grant.grantee.as_ref().and_then(|grantee| grantee.kind.as_ref());
    matches!(kind, Some(Kind::AccountId(id)) if *id == grant.grant_id)
}

/// Whom it is for, and how often it was opened.
pub(crate) fn bearer(words: Words, link: &Link) -> Person {
    Person::new(link.label.clone(), format!("{}, {}", words.t("link-role"), opened(words, link)))
}

/// "opened 2 of 5 times"; or why it is not opened any more.
pub(crate) fn opened(words: Words, link: &Link) -> String {
    if link.wrong_passcodes >= WRONG_MAX {
        return words.t("link-locked");
    }
    let max = u32::try_from(link.openings_max).unwrap_or_default();
    words.say("link-opened").with("count", link.openings.len()).with("max", max).plain()
}

/// Nobody opens it any more, though its grant stands.
pub(crate) fn is_spent(link: &Link) -> bool {
    let opened = i32::try_from(link.openings.len()).unwrap_or(i32::MAX);
    link.wrong_passcodes >= WRONG_MAX || opened >= link.openings_max
}

/// As consent counts.
const WRONG_MAX: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;
    use holdfast_proto::consent::v1::{Grantee, LinkOpening};

    fn link(openings: usize, wrong_passcodes: i32) -> Link {
        let openings = vec![LinkOpening::default(); openings];
        Link { label: "School nurse".into(), openings, openings_max: 5, wrong_passcodes, ..Link::default() }
    }

    #[test]
    fn a_link_says_how_often_it_was_opened_and_that_it_is_locked() {
        let says = |link: &Link| opened(Words::new(Lang::En), link);
        assert_eq!(says(&link(0, 0)), "not opened yet");
        assert_eq!(says(&link(2, 4)), "opened 2 of 5 times");
        assert_eq!(says(&link(2, 5)), "locked after 5 wrong passcodes");
        assert_eq!([link(4, 4), link(5, 0), link(0, 5)].each_ref().map(is_spent), [false, true, true]);
    }

    #[test]
    fn a_grant_to_the_account_of_its_own_id_is_a_link() {
        let to = |id: &str| Grant {
            grant_id: "a".into(),
            grantee: Some(Grantee { kind: Some(Kind::AccountId(id.into())), role: 0 }),
            ..Grant::default()
        };
        assert!(is_link(&to("a")) && !is_link(&to("b")) && !is_link(&Grant::default()));
    }
}
