//! Every bound on what a caller may send, hold or ask for: one table, with each default and its reason. What is over a
//! bound is refused by name and value.

use std::fmt;
use std::time::Duration;

/// One row of the table.
struct Row {
    limit: Limit,
    name: &'static str,
    unit: &'static str,
    default: u64,
    /// What it may be set to.
    bounds: (u64, u64),
    reason: &'static str,
}

macro_rules! limits {
    ($($limit:ident = $name:literal, $default:expr, $unit:literal, $least:expr, $most:expr, $reason:literal;)+) => {
        /// A bound, by its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit { $($limit,)+ }

        const TABLE: &[Row] = &[$(Row {
            limit: Limit::$limit, name: $name, unit: $unit, default: $default, bounds: ($least, $most), reason: $reason,
        },)+];
    };
}

const KIB: u64 = 1024;

limits! {
    BodyBytes = "body_bytes", 128 * KIB, "bytes", KIB, 16_384 * KIB,
        "the largest operation of our own, with a thousand ids, has 60 KB";
    BodyChunks = "body_chunks", 2_048, "chunks", 16, 100_000,
        "one of a single byte takes as long as one of a thousand; nobody cuts 128 KiB into pieces of less than 64";
    ReadingBytes = "reading_bytes", 8_192 * KIB, "bytes", 16 * KIB, 4_194_304 * KIB,
        "sixty of the largest bodies at once; those of up to 4 KiB, which most have, take no room";
    HeadBytes = "head_bytes", 32 * KIB, "bytes", 8 * KIB, 60 * KIB,
        "a GET has its document in its address; headers seldom have 8 KB";
    DocumentBytes = "document_bytes", 32 * KIB, "bytes", KIB, 1_024 * KIB,
        "the introspection query has 2 KB, a generated client's documents seldom 20";
    DocumentTokens = "document_tokens", 4_000, "tokens", 500, 50_000,
        "parsing and checking take time by the token; introspection has 300";
    DocumentNesting = "document_nesting", 32, "brackets inside each other", 20, 48,
        "the parser recurses, and its stack ends; introspection nests 16 deep";
    NameChars = "name_chars", 100, "characters", 50, 1_000,
        "no name of the schema has 50, and an error that says a name stays short";
    OperationDepth = "operation_depth", 16, "fields inside each other", 16, 48,
        "introspection needs 15, the deepest page of a frontend about 10";
    OperationFields = "operation_fields", 1_000, "fields, with fragments spread", 200, 20_000,
        "introspection has 250, a frontend's largest page about as many; each takes some KB while it is answered";
    OperationAliases = "operation_aliases", 100, "aliases", 0, 5_000,
        "an alias asks for the same work again";
    OperationRootFields = "operation_root_fields", 20, "fields", 1, 500,
        "each begins work of its own, and each mutation a transaction";
    OperationDirectives = "operation_directives", 50, "directives", 0, 5_000,
        "one on every field of a large form is more than enough";
    OperationSchemas = "operation_schemas", 1, "times that the schema is asked for", 1, 20,
        "the schema is the longest answer there is, and no console asks for it twice";
    IntrospectionLists = "introspection_lists", 1, "lists of fields or types inside each other", 1, 4,
        "types have fields, which have types: each list more is ten times as much, and consoles ask for none in another";
    OperationCost = "operation_cost", 12_500, "fields, each as often as its pages and lists hold items", 5_000, 1_000_000,
        "two months of slots, or a page of 100 with 100 fields an item: some 40 ms of work";
    PageSize = "page_size", 100, "items", 10, 100,
        "as many as a person scrolls through";
    VariablesBytes = "variables_bytes", 96 * KIB, "bytes", KIB, 16_384 * KIB,
        "a thousand ids have 42 KB, a week of a hundred windows with five services each 25";
    VariablesNesting = "variables_nesting", 8, "lists and objects inside each other", 4, 32,
        "the deepest input of ours has 4";
    RequestSeconds = "request_seconds", 30, "seconds", 1, 300,
        "who waits longer has gone";
    HeadersSeconds = "headers_seconds", 15, "seconds", 1, 120,
        "a head comes in one packet; who sends it by the byte holds a connection for nothing";
    BodySeconds = "body_seconds", 20, "seconds", 1, 120,
        "128 KiB take 20 seconds at 50 kbit a second";
    WriteSeconds = "write_seconds", 15, "seconds", 1, 120,
        "a peer that takes nothing for so long is gone, or does not want it";
    StopSeconds = "stop_seconds", 10, "seconds", 1, 300,
        "what runs when the server is told to stop ends in less; what does not is cut, and streams resume elsewhere";
    Connections = "connections", 20_000, "connections", 10, 1_000_000,
        "an idle socket takes about 16 KiB, and a file of the process";
    ConnectionsPerAddress = "connections_per_address", 500, "connections", 1, 1_000_000,
        "a whole clinic behind one address, with two browsers each";
    MemberBurst = "member_burst", 200, "requests", 1, 1_000_000,
        "a page that loads asks some ten things at once";
    MemberPerSecond = "member_per_second", 20, "requests a second", 1, 1_000_000,
        "nobody clicks faster; who goes on by script is slowed, not shut out";
    AddressBurst = "address_burst", 2_000, "requests", 1, 1_000_000,
        "a whole clinic that opens its browsers at nine";
    AddressPerSecond = "address_per_second", 200, "requests a second", 1, 1_000_000,
        "a whole clinic at work";
    SocketsPerMember = "sockets_per_member", 20, "sockets and event streams", 1, 1_000_000,
        "a browser's tabs, a telephone, and what a proxy has not closed yet";
    OperationsPerSocket = "operations_per_socket", 50, "operations at once", 1, 10_000,
        "a frontend follows three streams and asks a few things beside them";
    MessageBytes = "message_bytes", 128 * KIB, "bytes", KIB, 16_384 * KIB,
        "the same as a body's";
    InitBytes = "init_bytes", 16 * KIB, "bytes", KIB, 1_024 * KIB,
        "the message that signs in holds a token, and none has 8 KB";
    MessagesPerSecond = "messages_per_second", 200, "messages a second on one socket", 5, 1_000_000,
        "a page that loads subscribes to some ten things; pings come once in a while";
    FragmentsPerMessage = "fragments_per_message", 64, "frames", 1, 10_000,
        "a frame of nothing costs as much as a full one; browsers send one a message";
    InitSeconds = "init_seconds", 10, "seconds", 1, 120,
        "the first message follows the handshake at once";
    PingSeconds = "ping_seconds", 25, "seconds", 1, 3_600,
        "proxies close what is silent for 30 or 60 seconds";
    PongSeconds = "pong_seconds", 20, "seconds", 1, 600,
        "a telephone that sleeps answers late; a dead one never";
}

/// The bounds that a server keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits([u64; TABLE.len()]);

impl Default for Limits {
    fn default() -> Self {
        let mut values = [0; TABLE.len()];
        for (value, row) in values.iter_mut().zip(TABLE) {
            *value = row.default;
        }
        Self(values)
    }
}

impl Limit {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name, as it is set by and told in a refusal.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it counts.
    pub fn unit(self) -> &'static str {
        self.row().unit
    }
}

impl Limits {
    /// A bound's value, in its unit.
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize]
    }

    /// A bound of something in memory.
    pub fn size(&self, limit: Limit) -> usize {
        usize::try_from(self.get(limit)).unwrap_or(usize::MAX)
    }

    /// A bound that is in seconds.
    pub fn span(&self, limit: Limit) -> Duration {
        Duration::from_secs(self.get(limit))
    }

    /// These bounds, but for one.
    #[must_use]
    pub fn with(mut self, set: SetLimit) -> Self {
        self.0[set.limit as usize] = set.value;
        self
    }
}

/// A bound that is set otherwise than by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLimit {
    pub limit: Limit,
    pub value: u64,
}

impl SetLimit {
    /// Reads `NAME=VALUE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("Write NAME=VALUE. `frontdesk limits` lists the names.")?;
        let row = TABLE.iter().find(|row| row.name == name.trim());
        let Row { limit, name, unit, bounds: (least, most), .. } =
            row.ok_or_else(|| format!("There is no limit {name}. `frontdesk limits` lists them."))?;
        match value.trim().parse() {
            Ok(value) if (*least..=*most).contains(&value) => Ok(Self { limit: *limit, value }),
            _ => Err(format!("{name} takes {least} to {most} {unit}.")),
        }
    }
}

/// The table, to be read by people.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in TABLE {
            let Row { limit, name, unit, bounds: (least, most), reason, .. } = row;
            writeln!(f, "{name} = {} {unit} ({least} to {most})\n    {reason}", self.get(*limit))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_within_its_own_bounds_and_every_row_stands_at_its_limit() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.limit as usize, place);
            assert!((row.bounds.0..=row.bounds.1).contains(&row.default), "{}", row.name);
            let set = SetLimit::parse(&format!("{}={}", row.name, row.bounds.1)).expect("within its bounds");
            assert_eq!(Limits::default().with(set).get(row.limit), row.bounds.1);
            assert!(SetLimit::parse(&format!("{}={}", row.name, row.bounds.1 + 1)).is_err());
        }
    }

    #[test]
    fn a_limit_that_is_not_one_is_refused_with_what_to_do() {
        for wrong in ["body_bytes", "tea=1", "body_bytes=much", "body_bytes=-1", "body_bytes=0"] {
            let told = SetLimit::parse(wrong).expect_err("refused");
            assert!(told.contains("frontdesk limits") || told.contains("takes"), "{told}");
        }
    }
}
