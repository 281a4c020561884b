//! What the fuzzers begin with: real values, made by the code that makes them in earnest. `cargo run -p fuzz-targets
//! --example seeds` writes those that are not in `fuzz/corpus` yet. Seeds that are texts lie there as they were written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use licensing::command::{Acquire, Actor, Command, Entry, Proposal};
use licensing::id::{ClusterId, FingerprintHash, HolderKey, LicenseId, NodeId, SessionHash, SessionNo};
use licensing::ledger::Ledger;
use licensing::row::Row;
use licensing::time::{At, Span};
use raft::fuzzing::{Message, Stored};
use raft::seams::Entropy;
use raft::{Authority, JoinToken, NodeKey};
use serde_json::Value;
use storage::checkpoint::{Checkpoint, StateFile};
use storage::disk::Disk;
use storage::fuzzing::Value as StoredValue;
use storage::snapshot::Snapshots;
use storage::{MemoryDisk, StoreId};
use trust::UnixSeconds;
use usher::founding::{Founding, make_keys};
use usher::keys::Keys;

fn main() -> std::io::Result<()> {
    let seeds = signed()
        .into_iter()
        .chain(stored())
        .chain(peers())
        .chain(secrets()?)
        .chain(snapshots());
    for (target, name, bytes) in seeds {
        let directory = fuzz().join("corpus").join(target);
        std::fs::create_dir_all(&directory)?;
        let path = directory.join(name);
        if !path.exists() {
            std::fs::write(path, bytes)?;
        }
    }
    Ok(())
}

/// The target, the name of the file, and what is in it.
type Seed = (&'static str, String, Vec<u8>);

fn fuzz() -> PathBuf {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR"));
    targets.parent().expect("the crate lies in the folder").to_owned()
}

/// Behind a byte that chooses.
fn chosen<T: PartialEq>(kinds: &[T], kind: &T, bytes: &[u8]) -> Vec<u8> {
    let at = kinds.iter().position(|one| one == kind).expect("it is one of them");
    [&[u8::try_from(at).expect("there are few kinds")], bytes].concat()
}

/// Artefacts that a verifier would take if it looked away at one place.
const FORGED: [&str; 12] = [
    "token_with_padding",
    "token_with_a_line_end",
    "signature_with_stray_bits",
    "signed_claims_with_stray_bits",
    "alg_none",
    "header_with_white_space",
    "token_by_another_key",
    "token_by_another_key_under_the_certified_kid",
    "claims_of_a_later_token",
    "signature_of_zeros",
    "certificate_with_other_claims",
    "certificate_by_another_key_under_the_roots_kid",
];

/// Claims that a verifier would take if it forgot a rule.
const LAWLESS: [&str; 17] = [
    "claim_twice",
    "claim_twice_by_an_escape",
    "claims_with_half_a_surrogate_pair",
    "number_with_an_exponent",
    "number_of_65_bits",
    "fraction_in_an_unknown_claim",
    "seq_is_negative",
    "off_is_unknown",
    "aud_is_empty",
    "entitlement_is_false",
    "token_of_another_cluster",
    "product_is_not_certified",
    "exp_before_iat",
    "gex_before_exp",
    "grace_in_strict_mode",
    "grace_longer_than_certified",
    "grace_after_the_certificates_end",
];

/// The artefacts of the test vectors, and what is in them.
fn signed() -> Vec<Seed> {
    let vectors = include_str!("../../../trust/tests/vectors/session-v1.json");
    let vectors: Value = serde_json::from_str(vectors).expect("the vectors are JSON");
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let list = |value: &Value| value.as_array().expect("it is a list").clone();
    let mut seeds = vec![(
        "root_file",
        "roots.json".to_owned(),
        vectors["roots"].to_string().into_bytes(),
    )];
    for case in list(&vectors["good"]) {
        let of = |member: &str| case.get(member).unwrap_or(&vectors[member]).clone();
        let (name, token, chain) = (text(&case["name"]), text(&of("token")), list(&of("chain")));
        if name.starts_with("longest") {
            continue;
        }
        let chain: Vec<String> = chain.iter().map(text).collect();
        let claims: Vec<String> = chain.iter().map(|certificate| claims_of(certificate)).collect();
        seeds.push(("session_claims", name.clone(), claims_of(&token).into_bytes()));
        if case.get("chain").is_some() {
            seeds.push(("issuer_claims", name.clone(), claims.join("\n").into_bytes()));
        }
        seeds.push((
            "session_token",
            name,
            [vec![token], chain].concat().join("\n").into_bytes(),
        ));
    }
    for case in list(&vectors["bad"]) {
        let name = text(&case["name"]);
        if LAWLESS.contains(&&*name) {
            seeds.push((
                "session_claims",
                name.clone(),
                claims_of(&text(&case["token"])).into_bytes(),
            ));
        }
        if case["reason"]
            .as_str()
            .is_some_and(|reason| reason.ends_with("_parent"))
        {
            let claims: Vec<String> = list(&case["chain"]).iter().map(|one| claims_of(&text(one))).collect();
            seeds.push(("issuer_claims", name.clone(), claims.join("\n").into_bytes()));
        }
        if FORGED.contains(&&*name) {
            let of = |member: &str| case.get(member).unwrap_or(&vectors[member]).clone();
            let chain = list(&of("chain"));
            let lines: Vec<String> = std::iter::once(text(&of("token")))
                .chain(chain.iter().map(text))
                .collect();
            seeds.push(("session_token", name, lines.join("\n").into_bytes()));
        }
    }
    for case in list(&vectors["bad_roots"]).iter().step_by(3) {
        seeds.push(("root_file", text(&case["name"]), text(&case["text"]).into_bytes()));
    }
    let key = trust::RootKeyFile::new(trust::SigningKey::from_seed([1; 32].into()));
    seeds.push(("root_file", "key.json".to_owned(), key.to_json().as_bytes().to_vec()));
    let token = JoinToken {
        cluster: CLUSTER,
        id: licensing::id::JoinTokenId::from_bytes([1; 10]),
        secret: [2; 16],
        ca_hash: [3; 32],
    };
    seeds.push(("config", "template".to_owned(), usher::config::template().into_bytes()));
    let license_key = usher::license_key::LicenseKey::new("CODITECT", [0xa5; 16]);
    seeds.push(("license_key", "real".to_owned(), license_key.reveal().into()));
    seeds.push(("join_token", "token".to_owned(), token.to_string().into_bytes()));
    seeds
}

fn claims_of(artefact: &str) -> String {
    use base64::Engine as _;
    let claims = artefact.split('.').nth(1).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims);
    String::from_utf8(claims.expect("an artefact is base64url")).expect("claims are JSON")
}

const CLUSTER: ClusterId = ClusterId::from_bytes([7; 16]);
const START: At = At::from_ms(1_795_341_600_000);

/// The frozen examples of a file, by name.
fn frozen(file: &str) -> Vec<(String, Vec<u8>)> {
    let path = fuzz().join(format!("../licensing/tests/frozen/{file}.hex"));
    let text = std::fs::read_to_string(path).expect("the frozen bytes are there");
    let line = |line: &str| {
        let (name, hex) = line.split_once(' ').expect("a line has a name and bytes");
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("it is hexadecimal");
        let bytes = if hex == "-" {
            Vec::new()
        } else {
            (0..hex.len()).step_by(2).map(byte).collect()
        };
        (name.to_owned(), bytes)
    };
    text.lines().map(line).collect()
}

fn command(name: &str) -> Command {
    let (_, bytes) = frozen("commands")
        .into_iter()
        .find(|(found, _)| found == name)
        .expect("every command is frozen");
    postcard::from_bytes(&bytes).expect("frozen bytes are read")
}

fn entry(after: Span, commands: Vec<Command>) -> Entry {
    let proposal = |command| Proposal {
        actor: Actor::Client,
        ..Proposal::by_system(command)
    };
    Entry::at(START.after(after), commands.into_iter().map(proposal).collect())
}

fn acquire(session: u8, holder: u8) -> Command {
    Command::Acquire(Acquire {
        license: LicenseId::from_bytes([0x14; 16]),
        session: SessionHash::from_bytes([session; 32]),
        by_fingerprint: HolderKey::from_bytes([holder; 16]),
        by_instance: Some(HolderKey::from_bytes([holder + 64; 16])),
        fingerprint: FingerprintHash::from_bytes([holder; 32]),
        replaces: None,
        client: None,
    })
}

/// Products, sessions and nodes come, live and go.
fn story() -> Vec<Entry> {
    let named = |names: &[&str]| names.iter().map(|name| command(name)).collect();
    let catalogue = ["create_product", "create_plan", "create_customer", "create_license"];
    let changes = ["update_product", "update_plan", "update_customer", "update_license"];
    let seats = (1..5).map(|holder| acquire(holder, holder % 3)).collect();
    let heartbeat = Command::Heartbeat {
        sessions: (7..12).map(SessionNo::new).collect(),
    };
    let secs = Span::from_secs;
    vec![
        entry(
            secs(0),
            named(&["found_cluster", "create_join_token", "admit_node", "update_node"]),
        ),
        entry(secs(1), named(&catalogue)),
        entry(secs(2), seats),
        entry(
            secs(60),
            vec![
                heartbeat,
                Command::Release {
                    session: SessionNo::new(10),
                },
            ],
        ),
        entry(
            secs(90),
            named(&["suspend_license", "acquire", "reinstate_license", "acquire"]),
        ),
        entry(
            secs(3_700),
            named(&["tick", "create_api_token", "revoke_api_token", "step_clock"]),
        ),
        entry(secs(3_800), vec![acquire(9, 9), Command::Tick]),
        entry(secs(3_900), named(&changes)),
        entry(
            secs(4_000),
            named(&[
                "extend_license",
                "revoke_license",
                "remove_node",
                "raise_cluster_version",
            ]),
        ),
        entry(secs(90_000), named(&["tick", "tick", "begin_epoch", "tick"])),
    ]
}

/// Two seats for four holders, who come back while others are silent.
fn full() -> Vec<Entry> {
    let mut catalogue = ["create_product", "create_plan", "create_customer", "create_license"].map(command);
    for command in &mut catalogue {
        match command {
            Command::CreatePlan(plan) => (plan.terms.seats, plan.terms.overage_max) = (1, 1),
            Command::CreateLicense(license) => (license.seats, license.expires_at) = (None, None),
            _ => {}
        }
    }
    let secs = Span::from_secs;
    let mut entries = vec![entry(secs(0), catalogue.into())];
    for round in 0..4 {
        let four = (1..5).map(|holder| acquire(holder + 8 * round, holder)).collect();
        entries.push(entry(secs(u64::from(round) * 200 + 1), four));
        let session = SessionNo::new(5 + 4 * u64::from(round));
        entries.push(entry(
            secs(u64::from(round) * 200 + 100),
            vec![
                Command::Heartbeat {
                    sessions: vec![session],
                },
                Command::Release { session },
                acquire(90 + round, 7),
            ],
        ));
    }
    entries
}

fn bytes_of(entries: &[Entry]) -> Vec<u8> {
    let encode = |entry: &Entry| postcard::to_stdvec(entry).expect("an entry is written");
    entries.iter().flat_map(encode).collect()
}

fn rows_of(rows: impl IntoIterator<Item = Row>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        let encoded = row.encode();
        bytes.push(row.key().table().number());
        bytes.extend(u16::try_from(encoded.len()).expect("no row is long").to_le_bytes());
        bytes.extend(encoded);
    }
    bytes
}

/// Logs, the rows that they leave, and the values around them.
fn stored() -> Vec<Seed> {
    let story = story();
    let mut seeds = Vec::new();
    for length in [2, 3, 5, 7, story.len()] {
        let mut ledger = Ledger::new();
        for entry in &story[..length] {
            ledger.apply(entry);
        }
        seeds.push(("entries", format!("story-{length}"), bytes_of(&story[..length])));
        seeds.push(("rows", format!("story-{length}"), rows_of(ledger.rows())));
    }
    seeds.push(("entries", "full".to_owned(), bytes_of(&full())));
    for (name, _) in frozen("commands") {
        let lone = entry(Span::from_secs(1), vec![command(&name)]);
        let at = START.after(Span::from_secs(5));
        let again = Entry::at(at, lone.proposals.clone());
        if ["acquire", "found_cluster", "create_product", "begin_epoch"].contains(&&*name) {
            seeds.push(("entries", name.clone(), bytes_of(&[lone.clone(), again])));
        }
        if ["acquire", "create_plan", "admit_node", "heartbeat"].contains(&&*name) {
            let stored = raft::fuzzing::entry(lone);
            seeds.push(("stored_log", name, chosen(&Stored::ALL, &Stored::Entry, &stored)));
        }
    }
    for (at, (kind, bytes)) in raft::fuzzing::stored_samples().into_iter().enumerate() {
        seeds.push((
            "stored_log",
            format!("sample-{at}"),
            chosen(&Stored::ALL, &kind, &bytes),
        ));
    }
    let value = |kind: StoredValue, name: &str, key: &[u8], payload: &[u8]| -> Vec<Seed> {
        let length = u8::try_from(key.len()).expect("a key is short");
        let of = |rest: &[u8]| chosen(&StoredValue::ALL, &kind, &[&[length], key, rest].concat());
        let sealed = kind.seal(key, payload);
        let mut flipped = sealed.clone();
        *flipped.last_mut().expect("an envelope is not empty") ^= 1;
        vec![
            ("stored_value", name.to_owned(), of(payload)),
            ("stored_value", format!("{name}-sealed"), of(&sealed)),
            ("stored_value", format!("{name}-flipped"), of(&flipped)),
        ]
    };
    let mark = [&[0xac, 2, 2, 1, 2, 1, 3][..], &[4; 32]].concat();
    seeds.extend(value(StoredValue::Checkpoint, "checkpoint", b"checkpoint", &mark));
    seeds.extend(value(StoredValue::AuditExtent, "extent", b"audit", &[172, 2, 1, 2, 5]));
    seeds.extend(value(
        StoredValue::Purged,
        "purged",
        b"purged",
        &[2, 1, 0, 0, 0, 0, 0, 0, b'i'],
    ));
    for table in ["licenses", "sessions", "meta"] {
        let row = |part: &str| {
            frozen("rows")
                .into_iter()
                .find(|(name, _)| *name == format!("{table}.{part}"))
        };
        let ((_, key), (_, row)) = row("key").zip(row("row")).expect("every table has an example");
        let number = licensing::row::Table::ALL.into_iter().find(|one| one.name() == table);
        let key = [&[number.expect("it is a table").number()], &key[..]].concat();
        seeds.extend(value(StoredValue::Row, table, &key, &row));
    }
    let format = format!(
        "\u{ff}usher data directory\nformat 1\nstore {}\n",
        StoreId::from_bytes([5; 16])
    );
    seeds.push(("stored_value", "format".to_owned(), format.into_bytes()));
    seeds
}

/// One of each frame, and certificates.
fn peers() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let tick = entry(Span::from_secs(1), vec![Command::Tick, acquire(1, 1)]);
    for (at, (message, frame)) in raft::fuzzing::frame_samples(&tick).into_iter().enumerate() {
        let bytes = chosen(&Message::ALL, &message, &frame);
        seeds.push(("peer_frame", format!("{message:?}-{at:02}").to_lowercase(), bytes));
    }
    let authority = Authority::generate(CLUSTER).expect("an authority can be made");
    let key = NodeKey::generate().expect("a key can be made").public();
    let node = authority.certify(CLUSTER, NodeId::new(2), &key);
    let api = authority.certify_api(CLUSTER, &["usher.example".to_owned(), "10.0.0.1".to_owned()], &key);
    seeds.extend([
        (
            "peer_certificate",
            "authority".to_owned(),
            authority.certificate.clone(),
        ),
        (
            "peer_certificate",
            "node".to_owned(),
            node.expect("a node is certified"),
        ),
        ("peer_certificate", "api".to_owned(), api.expect("an API is certified")),
    ]);
    seeds
}

/// Entropy that is none, so that the same keys come out.
struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(9);
    }
}

fn secrets() -> std::io::Result<Vec<Seed>> {
    let founding = Founding {
        name: "one".to_owned(),
        peer_address: "10.0.0.1:4601".to_owned(),
        api_url: "https://one.example".to_owned(),
        root_key: None,
    };
    let (keys, _) = make_keys(&founding, &Fixed, UnixSeconds::new(START.ms() / 1_000)).expect("keys can be made");
    let directory = tempfile::tempdir()?;
    keys.save(directory.path()).expect("the directory can be written");
    Ok(vec![
        (
            "keys_file",
            "keys.json".to_owned(),
            std::fs::read(Keys::path(directory.path()))?,
        ),
        ("shared_secrets", "secrets".to_owned(), keys.secrets.to_bytes().to_vec()),
    ])
}

/// Snapshots of the story, as they are built; each as it is, and with a byte that has its checksums made to fit.
fn snapshots() -> Vec<Seed> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime needs no threads");
    let mut seeds = Vec::new();
    for length in [3, 7] {
        let stream = runtime.block_on(snapshot(&story()[..length]));
        let promises_another = [&[0][..], &with_another_digest(&stream)].concat();
        seeds.push(("snapshot", format!("story-{length}-another-digest"), promises_another));
        for mended in [0, 1] {
            let name = format!("story-{length}-{}", ["raw", "mended"][usize::from(mended)]);
            seeds.push(("snapshot", name, [&[mended][..], &stream].concat()));
        }
    }
    seeds
}

/// The snapshot with a header that promises another digest, its checksum right.
fn with_another_digest(stream: &[u8]) -> Vec<u8> {
    let (head, rest) = stream.split_at(10);
    let length: [u8; 4] = head[2..6].try_into().expect("they are four");
    let (header, rest) = rest.split_at(u32::from_le_bytes(length) as usize);
    let mut header = header.to_vec();
    // Cluster, index, log id and membership take some twenty bytes; then comes the digest.
    header[40] ^= 1;
    [&StoredValue::SnapshotHeader.seal(&0_u64.to_be_bytes(), &header), rest].concat()
}

async fn snapshot(entries: &[Entry]) -> Vec<u8> {
    let mut ledger = Ledger::new();
    for entry in entries {
        ledger.apply(entry);
    }
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new().expect("the system lets this process start threads"));
    let state = StateFile::open(Arc::clone(&disk)).await.expect("an empty disk opens");
    let snapshots = Snapshots::open(disk, &state).await.expect("an empty disk opens");
    let checkpoint = Checkpoint {
        changes: ledger.take_changes(),
        applied_index: 7,
        applied: vec![1, 2],
        membership: vec![3],
        digest: ledger.digest(),
    };
    state.write(checkpoint).await.expect("memory takes a checkpoint");
    let built = snapshots.build(&state).await.expect("memory takes a snapshot");
    let (mut reader, mut stream) = (built.reader(), Vec::new());
    while let Some(piece) = reader.next().await.expect("what was built is read") {
        stream.extend(piece);
    }
    stream
}
