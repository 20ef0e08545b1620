//! Media types: which of ours an `Accept` asks for, and whether a body is declared as one that we read.

use axum::http::{HeaderMap, header};

/// What we answer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells what became of the request.
    GraphqlResponse,
    /// `application/json`: older clients take any other status than 200 for a failure of the network.
    Json,
    /// `text/event-stream`: what comes as it comes.
    EventStream,
}

impl Media {
    /// As `Content-Type` has it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }

    fn of(name: &str) -> Option<Self> {
        match name {
            "application/graphql-response+json" => Some(Self::GraphqlResponse),
            "application/json" => Some(Self::Json),
            "text/event-stream" => Some(Self::EventStream),
            _ => None,
        }
    }
}

/// What a caller takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// For an answer that comes whole.
    pub whole: Option<Media>,
    /// True where events are asked for by name: who takes `*/*` would wait for the end of what has none.
    pub events: bool,
}

impl Accepted {
    /// Reads `Accept`. None at all, and one that takes anything, mean `application/json`, as the GraphQL over HTTP draft
    /// has it for callers who do not know the newer type.
    pub fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<_> = values.flat_map(|value| value.split(',')).filter_map(Range::read).collect();
        if ranges.is_empty() && !headers.contains_key(header::ACCEPT) {
            return Self { whole: Some(Media::Json), events: false };
        }
        let wanted = |media| ranges.iter().filter_map(|range| range.takes(media)).max_by_key(|taken| taken.exactness);
        let newer = wanted(Media::GraphqlResponse).filter(Taken::is_wanted);
        let older = wanted(Media::Json).filter(Taken::is_wanted);
        let whole = match (newer, older) {
            // Named alike, the newer says more; by a wildcard alone, the older is safer.
            (Some(newer), Some(older)) => {
                let is_named_alike = newer.quality == older.quality && newer.exactness == EXACT;
                let newer_wins = newer.quality > older.quality || is_named_alike;
                Some(if newer_wins { Media::GraphqlResponse } else { Media::Json })
            }
            (Some(_), None) => Some(Media::GraphqlResponse),
            (None, Some(_)) => Some(Media::Json),
            (None, None) => None,
        };
        let events = wanted(Media::EventStream).is_some_and(|taken| taken.is_wanted() && taken.exactness == EXACT);
        Self { whole, events }
    }
}

/// How exactly a range names a type: `*/*`, `application/*`, or the type itself.
const EXACT: u8 = 2;

struct Range<'a> {
    name: &'a str,
    /// In thousandths.
    quality: u16,
}

/// A type that a range takes.
struct Taken {
    exactness: u8,
    quality: u16,
}

impl Taken {
    fn is_wanted(&self) -> bool {
        self.quality > 0
    }
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| name.contains('/'))?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(Some(1.0), |quality| quality.parse::<f32>().ok())?.clamp(0.0, 1.0);
        Some(Self { name, quality: (quality * 1_000.0) as u16 })
    }

    fn takes(&self, media: Media) -> Option<Taken> {
        let name = self.name.to_ascii_lowercase();
        let exactness = match name.as_str() {
            "*/*" => 0,
            "application/*" if media != Media::EventStream => 1,
            "text/*" if media == Media::EventStream => 1,
            name if Media::of(name) == Some(media) => EXACT,
            _ => return None,
        };
        Some(Taken { exactness, quality: self.quality })
    }
}

/// True where the body is declared as JSON in UTF-8. A form of another site cannot declare that, so nothing is changed
/// by one.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(declared)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let mut parts = declared.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header"))])
    }

    #[test]
    fn the_type_that_is_wanted_most_is_answered_in() {
        use Media::{GraphqlResponse as New, Json};
        for (accept, whole, events) in [
            ("application/json", Some(Json), false),
            ("application/graphql-response+json", Some(New), false),
            ("Application/JSON; charset=utf-8", Some(Json), false),
            ("*/*", Some(Json), false),
            ("application/*", Some(Json), false),
            ("application/json, text/plain, */*", Some(Json), false),
            ("application/graphql-response+json, */*", Some(New), false),
            ("application/graphql-response+json, application/json;q=0.9", Some(New), false),
            ("application/json, application/graphql-response+json", Some(New), false),
            ("application/graphql-response+json;q=0.5, application/json", Some(Json), false),
            ("application/json;q=0, */*", Some(New), false),
            ("application/graphql-response+json;q=0, application/json;q=0", None, false),
            ("text/event-stream", None, true),
            ("application/json, text/event-stream;q=0.1", Some(Json), true),
            ("text/event-stream;q=0", None, false),
            ("text/html, text/*", None, false),
            ("application/json;q=much", None, false),
            ("", None, false),
        ] {
            assert_eq!(Accepted::read(&with(header::ACCEPT, accept)), Accepted { whole, events }, "{accept}");
        }
        assert_eq!(Accepted::read(&HeaderMap::new()), Accepted { whole: Some(Json), events: false });
    }

    #[test]
    fn a_body_is_json_where_it_says_so_and_names_no_other_charset() {
        for right in ["application/json", "Application/Json", "application/json; charset=\"UTF-8\"; x=y"] {
            assert!(is_json(&with(header::CONTENT_TYPE, right)), "{right}");
        }
        for wrong in ["", "text/plain", "application/json; charset=latin1", "application/jsonp", "multipart/form-data"]
        {
            assert!(!is_json(&with(header::CONTENT_TYPE, wrong)), "{wrong}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
