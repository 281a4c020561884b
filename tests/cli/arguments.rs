//! Help for everything, and a clear word about what cannot be meant.

use crate::usher::usher;

/// The commands below one, as its help lists them.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands = named.filter_map(|line| line.split_whitespace().next());
    commands.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn visit(path: &str, seen: &mut Vec<String>) {
    let ended = usher(&format!("{path} --help")).expect_code(0);
    assert!(ended.out.contains("Usage: usher"), "{path}: {}", ended.out);
    assert!(ended.err.is_empty(), "{path}: {}", ended.err);
    for line in ended.out.lines() {
        assert!(
            line.chars().count() <= 120,
            "{path}: a line is too long to read: {line}"
        );
    }
    seen.push(path.trim().to_owned());
    for name in below(&ended.out) {
        visit(&format!("{path} {name}"), seen);
    }
}

#[test]
fn every_command_has_a_help() {
    let mut seen = Vec::new();
    visit("", &mut seen);
    for path in [
        "server",
        "init",
        "join",
        "demo",
        "status",
        "cluster join-token list",
        "product create",
        "plan update",
        "customer show",
        "license rotate-key",
        "session revoke",
        "refusal show",
        "audit list",
        "license usage",
        "token create",
        "verify",
        "key root create",
        "key certify",
        "key install",
        "bench sessions",
        "bench batch",
        "bench live",
        "bench failover",
        "config validate",
        "run",
    ] {
        assert!(seen.iter().any(|found| found == path), "{path} is not among {seen:?}");
    }
}

#[test]
fn help_is_an_answer_and_none_at_all_is_a_usage_error() {
    assert!(usher("--version").expect_code(0).out.starts_with("usher "));
    let nothing = usher("").expect_code(64);
    assert!(nothing.out.is_empty() && nothing.err.contains("Usage: usher"));
}

#[test]
fn a_wrong_call_exits_64_and_names_what_is_wrong() {
    for (line, named) in [
        ("--no-such-flag", "--no-such-flag"),
        ("licence list", "license"),
        ("license lst", "list"),
        ("license list --limit many", "--limit"),
        ("license list --url ftp://a", "--url"),
        ("license list --timeout 5", "--timeout"),
        ("license list --status lost", "--status"),
        ("license create --customer c", "--plan"),
        ("license create --plan p --customer c --seats -1", "-1"),
        ("license create --plan p --customer c --expires soon", "--expires"),
        ("license create --plan p --customer c --entitlement =1", "--entitlement"),
        (
            "license create --plan p --customer c --entitlement a=1 --entitlement a=2",
            "a is given more than once",
        ),
        ("license update lic_1 --entitlement a --entitlement a", "--entitlement"),
        (
            "plan create coditect x --entitlement a=1 --entitlement a=2",
            "--entitlement",
        ),
        (
            "license create --plan p --customer c --expires 9999-12-31",
            "too far in the future",
        ),
        ("license extend lic_1 --until 9999-12-31T23:59:59Z", "`never`"),
        ("license extend lic_1", "--until"),
        ("license suspend lic_1", "--reason"),
        ("license update lic_1", "nothing is to be changed"),
        ("plan create coditect x --ttl 1500ms", "--ttl"),
        ("plan create coditect x --ghosts-max few", "--ghosts-max"),
        ("plan update coditect:x", "nothing is to be changed"),
        (
            "product update coditect --renewal-url https://a --no-renewal-url",
            "--no-renewal-url",
        ),
        ("cluster join-token --expires never", "--expires"),
        ("cluster remove three", "<NODE>"),
        ("join nowhere --token x", "<HOST:PORT>"),
        ("join 127.0.0.1:1", "--token"),
        ("server --seats 5", "--dev"),
        ("server --dev --seats 0", "--seats"),
        ("server --set nothing", "--set"),
        ("demo --stop --detach", "--detach"),
        ("verify", "--root"),
        ("verify a.b.c --root r --at noon", "--at"),
        ("key certify --root-key k", "--data"),
        ("key certify --root-key k --cluster clu_1", "--public-key"),
        ("bench", "--license-key"),
        ("bench --license-key k --clients 0", "--clients"),
        ("bench --license-key k --mix 10:2:1", "--mix"),
        ("bench --license-key k --duration 0s", "--duration"),
        (
            "bench batch --license-key k --token t --duration 0s",
            "more than no time",
        ),
        ("bench --license-key k --rate 0", "calls in a second, from 0.01"),
        ("bench --license-key k --rate NaN", "calls in a second"),
        ("bench --license-key k --rate -5", "calls in a second"),
        ("bench --license-key k --rate 500/m", "such as 500 or 500/s"),
        ("bench --license-key k --rate 9 --count 5", "--count"),
        ("bench --license-key k --rate 9 --arrivals often", "`poisson`"),
        ("bench --license-key k --rate 1,2 --clients 1,2", "vary one"),
        ("bench --license-key k --seed 3", "--rate"),
        ("bench --license-key k --arrivals fixed", "--rate"),
        ("bench --license-key k --mix refuse", "`refused`"),
        ("bench --license-key k --ops-url ftp://a", "--ops-url"),
        ("bench live", "--license-key"),
        ("bench live --license-key k --sessions 0", "--sessions"),
        ("bench live --license-key k --interval 0s", "more than no time"),
        ("bench live --license-key k --per-call 10", "--token"),
        ("bench live --license-key k --per-call 0", "--per-call"),
        ("bench live --license-key k --sessions 1 --interval 1h", "--interval"),
        ("bench failover", "--demo"),
        ("bench failover --demo d --kills 0", "--kills"),
        ("run --license-key k", "<CMD>"),
        ("token create x --scope everything", "--scope"),
        ("token create x", "heartbeats|operator|support"),
        ("refusal list --reason none", "--reason"),
        ("refusal list --from soon", "how long ago, such as 7d"),
        ("refusal show 17", "why_"),
        ("audit list --event lost", "--event"),
        ("license usage lic_1 --days 366", "--days"),
        ("status -o yaml", "--output"),
    ] {
        let ended = usher(line);
        assert_eq!(ended.code, 64, "{line}: {ended:?}");
        assert!(ended.err.contains(named), "{line} should name {named}: {}", ended.err);
        assert!(ended.out.is_empty(), "{line}: {}", ended.out);
    }
}

#[test]
fn what_is_not_done_every_day_comes_with_an_example() {
    for path in [
        "cluster remove",
        "license create",
        "license revoke",
        "token create",
        "session list",
        "license usage",
        "key root",
        "bench",
        "bench live",
        "bench failover",
    ] {
        let help = usher(&format!("{path} --help")).expect_code(0).out;
        let examples = help.lines().skip_while(|line| !line.starts_with("Example"));
        let shown = examples
            .skip(1)
            .any(|line| line.starts_with(&format!("  usher {path} ")));
        assert!(shown, "{path}: {help}");
    }
}
