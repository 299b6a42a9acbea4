//! Pages of a list: how many, from where, and a token for the next page that is good for the same query only.
//! A token is no secret and no permission: it holds a cursor of ids and times, a fingerprint of the query and a checksum.
use crate::{catalogue, paged::PagedQuery, status::Problem};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 8;
/// Longest token that is looked at.
const TOKEN_CHARACTERS_MAX: usize = 1024;

/// How many a method returns when nothing is said, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    pub default: u32,
    pub max: u32,
}

/// One page of a query as it was asked for.
#[derive(Debug, Clone)]
pub struct Page<C> {
    size: u32,
    after: Option<C>,
    query: [u8; DIGEST_BYTES],
}

impl<C: Serialize + DeserializeOwned> Page<C> {
    pub fn of<Q: PagedQuery>(query: &Q, limits: PageLimits) -> Result<Self, Problem> {
        let size = size(query.page_size(), limits)?;
        let fingerprint = fingerprint(query);
        let after = match query.page_token() {
            "" => None,
            token => Some(open(token, fingerprint)?),
        };
        Ok(Self { size, after, query: fingerprint })
    }

    /// How many to return. Ask the database for one more, to know whether there is a next page.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Where the last page ended; None on the first page.
    pub const fn after(&self) -> Option<&C> {
        self.after.as_ref()
    }

    /// Cuts what was fetched to the page's size, and makes the token of the next page where there is one.
    pub fn cut<T>(&self, mut fetched: Vec<T>, cursor: impl Fn(&T) -> C) -> Result<(Vec<T>, String), Problem> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if fetched.len() <= size {
            return Ok((fetched, String::new()));
        }
        fetched.truncate(size);
        let token = match fetched.last() {
            Some(last) => seal(&cursor(last), self.query)?,
            None => String::new(),
        };
        Ok((fetched, token))
    }

    /// The token of what comes after the cursor, for a page that ends before its size because more would not fit.
    pub fn token_after(&self, cursor: &C) -> Result<String, Problem> {
        seal(cursor, self.query)
    }
}

/// The size asked for, or the default when none is.
pub fn size(asked: i32, limits: PageLimits) -> Result<u32, Problem> {
    match u32::try_from(asked) {
        Ok(0) => Ok(limits.default),
        Ok(size) if size <= limits.max => Ok(size),
        _ => Err(Problem::of_field(
            catalogue::PAGE_SIZE_OUT_OF_RANGE,
            "page_size",
            format!("expected 0 to {}", limits.max),
        )
        .with("page_size_max", limits.max)),
    }
}

fn fingerprint<Q: PagedQuery>(query: &Q) -> [u8; DIGEST_BYTES] {
    let query = query.clone().without_page();
    digest(&[Q::full_name().as_bytes(), &[0], &query.encode_to_vec()])
}

fn seal<C: Serialize>(cursor: &C, query: [u8; DIGEST_BYTES]) -> Result<String, Problem> {
    let cursor = serde_json::to_vec(cursor).map_err(|error| Problem::internal(&error))?;
    let checksum = digest(&[&[VERSION], &query, &cursor]);
    Ok(URL_SAFE_NO_PAD.encode([&[VERSION][..], &query, &checksum, &cursor].concat()))
}

fn open<C: DeserializeOwned>(token: &str, query: [u8; DIGEST_BYTES]) -> Result<C, Problem> {
    let malformed =
        || Problem::of_field(catalogue::PAGE_TOKEN_MALFORMED, "page_token", "not a token that was given out");
    if token.len() > TOKEN_CHARACTERS_MAX {
        return Err(malformed());
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| malformed())?;
    let (version, rest) = bytes.split_first().ok_or_else(malformed)?;
    let (of, rest) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or_else(malformed)?;
    let (checksum, cursor) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or_else(malformed)?;
    if *version != VERSION || *checksum != digest(&[&[VERSION], of, cursor]) {
        return Err(malformed());
    }
    if *of != query {
        return Err(Problem::of_field(
            catalogue::PAGE_TOKEN_OF_ANOTHER_QUERY,
            "page_token",
            "given for a query with other parameters",
        ));
    }
    serde_json::from_slice(cursor).map_err(|_| malformed())
}

fn digest(parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut cut = [0; DIGEST_BYTES];
    for (byte, from) in cut.iter_mut().zip(hash.finalize()) {
        *byte = from;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::messaging::v1::{ListMessagesRequest, ListThreadsRequest};

    const LIMITS: PageLimits = PageLimits { default: 2, max: 200 };

    fn query(patient: &str, token: &str) -> ListThreadsRequest {
        ListThreadsRequest { patient_id: patient.into(), page_token: token.into(), ..Default::default() }
    }

    fn token() -> String {
        let page = Page::<u32>::of(&query("a", ""), LIMITS).unwrap();
        let (rows, token) = page.cut(vec![10, 11, 12], |row| *row).unwrap();
        assert_eq!(rows, [10, 11]);
        token
    }

    fn refusal(query: &ListThreadsRequest) -> &'static str {
        Page::<u32>::of(query, LIMITS).unwrap_err().reason().name()
    }

    #[test]
    fn the_next_page_goes_on_where_the_last_one_ended() {
        let page = Page::<u32>::of(&query("a", &token()), LIMITS).unwrap();
        assert_eq!(page.after(), Some(&11));
    }

    #[test]
    fn the_page_size_may_change_from_page_to_page() {
        let mut next = query("a", &token());
        next.page_size = 100;
        assert_eq!(Page::<u32>::of(&next, LIMITS).unwrap().size(), 100);
    }

    #[test]
    fn the_last_page_has_no_token() {
        let page = Page::<u32>::of(&query("a", ""), LIMITS).unwrap();
        assert_eq!(page.cut(vec![10, 11], |row| *row).unwrap(), (vec![10, 11], String::new()));
    }

    #[test]
    fn a_page_may_end_early() {
        let page = Page::<u32>::of(&query("a", ""), LIMITS).unwrap();
        let next = Page::<u32>::of(&query("a", &page.token_after(&10).unwrap()), LIMITS).unwrap();
        assert_eq!(next.after(), Some(&10));
    }

    #[test]
    fn a_token_of_another_query_is_refused() {
        assert_eq!(refusal(&query("b", &token())), "PAGE_TOKEN_OF_ANOTHER_QUERY");
        // The same bytes on the wire, but another method.
        let other = ListMessagesRequest { patient_id: "a".into(), page_token: token(), ..Default::default() };
        let problem = Page::<u32>::of(&other, LIMITS).unwrap_err();
        assert_eq!(problem.reason(), catalogue::PAGE_TOKEN_OF_ANOTHER_QUERY);
    }

    #[test]
    fn a_token_with_any_byte_changed_is_refused() {
        let sound = URL_SAFE_NO_PAD.decode(token()).unwrap();
        for place in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[place] ^= 1;
            assert_eq!(refusal(&query("a", &URL_SAFE_NO_PAD.encode(bytes))), "PAGE_TOKEN_MALFORMED");
        }
        assert_eq!(refusal(&query("a", "no token!")), "PAGE_TOKEN_MALFORMED");
        assert_eq!(refusal(&query("a", &"A".repeat(5000))), "PAGE_TOKEN_MALFORMED");
    }

    #[test]
    fn a_huge_or_negative_page_is_refused() {
        for asked in [201, -1, i32::MAX] {
            assert_eq!(size(asked, LIMITS).unwrap_err().reason(), catalogue::PAGE_SIZE_OUT_OF_RANGE);
        }
        assert_eq!(size(0, LIMITS).unwrap(), 2);
        assert_eq!(size(200, LIMITS).unwrap(), 200);
    }
}
