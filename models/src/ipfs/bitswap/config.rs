//! The constants of Bitswap, as one value for all nodes that run the same software.
//!
//! Two presets: [`BitswapConfig::default`] is boxo 0.42 (Kubo 0.40 and its time) with its defaults, and
//! [`BitswapConfig::kubo_0_22`] is boxo 0.11, whose real swarm the tests of this module are held to.
//! Between them the sender's coalescing, the re-send rule, the smallest simulated time-out, what a late
//! answer does, the server's choice of peer and (since Kubo 0.36) whom a broadcast reaches have changed.

use sim_core::time::SimSpan;

/// How a queue of wants gathers entries into one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coalescing {
    /// Wait until nothing was added for `quiet`, but at most `longest` after the first entry.
    ///
    /// Source: boxo 0.11 `client/internal/messagequeue` (1 ms and 20 ms).
    Debounce {
        /// Quiet time that lets the message go.
        quiet: SimSpan,
        /// Longest wait of an entry.
        longest: SimSpan,
    },
    /// Send the first entry at once, then nothing for `per_peer` x connected peers, at least `shortest`
    /// and at most `longest`.
    ///
    /// Source: boxo 0.42 `client/internal/messagequeue` (1/8 ms, 20 ms, 2 s).
    Throttle {
        /// Pause for each connected peer.
        per_peer: SimSpan,
        /// Shortest pause.
        shortest: SimSpan,
        /// Longest pause.
        longest: SimSpan,
    },
}

/// Which wants are sent again when they stay unanswered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resend {
    /// Every `every` after the connection, all wants still open. Source: boxo 0.11 (30 s).
    AllOpen {
        /// Time between re-sends.
        every: SimSpan,
    },
    /// Every `every` after the connection, the wants without any answer for `after`.
    /// Source: boxo 0.42 (15 s and 30 s).
    Unanswered {
        /// Time between looks.
        every: SimSpan,
        /// Age at which a want is sent again.
        after: SimSpan,
    },
}

/// Whom a session's broadcast of want-haves reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BroadcastPolicy {
    /// All connected peers (until Kubo 0.35).
    All,
    /// Connected peers that have answered with a block or a HAVE before, or that are local or configured
    /// (Kubo 0.36 and later: `Internal.Bitswap.BroadcastControl`).
    Selective,
}

/// Whom the server serves next, among the peers with queued tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServeOrder {
    /// Fewest bytes being sent, then most queued tasks. Source: go-peertaskqueue `DefaultPeerComparator`.
    LeastActive,
    /// Never served or starved for `starved` first, then fewest tasks being sent, then most queued tasks
    /// up to `pending_cap`. Source: boxo 0.39 `server/internal/decision/scheduler.go` (10 s, 16).
    Fair {
        /// Wait after which a peer goes first.
        starved: SimSpan,
        /// Queued tasks beyond this number give no advantage.
        pending_cap: u32,
    },
}

/// The constants of one Bitswap implementation. All spans are virtual time, all sizes bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BitswapConfig {
    /// Idle time of a new session before it broadcasts again and looks for providers.
    ///
    /// Unit: time. Default: 1 s. Bounds: 0 ..= 1 min. Source: boxo `internal/defaults`, `ProvSearchDelay`.
    pub provider_search_delay: SimSpan,
    /// Time between searches for a random open want.
    ///
    /// Unit: time. Default: 1 min. Bounds: above 0. Source: boxo `internal/defaults`, `RebroadcastDelay`.
    pub periodic_search_delay: SimSpan,
    /// Fixed part of the idle tick once blocks have come; three times their mean latency is added.
    ///
    /// Unit: time. Default: 500 ms. Bounds: above 0. Source: boxo `session.go`, `baseTickDelay`.
    pub base_tick_delay: SimSpan,
    /// Most open wants that one broadcast carries.
    ///
    /// Unit: wants. Default: 64. Bounds: 1 ..= 1024. Source: boxo `session.go`, `broadcastLiveWantsLimit`.
    pub broadcast_limit: u32,
    /// DONT_HAVEs in a row after which the next one makes a peer leave a session.
    ///
    /// Unit: answers. Default: 16. Bounds: at least 1. Source: boxo `sessionwantsender.go`, `peerDontHaveLimit`.
    pub dont_have_limit: u32,
    /// Most providers asked of one search.
    ///
    /// Unit: peers. Default: 10. Bounds: at least 1. Source: boxo `internal/defaults`.
    pub providers_per_search: u32,
    /// Whom broadcasts reach. Default: `Selective`. Source: Kubo 0.36 changelog.
    pub broadcast: BroadcastPolicy,
    /// Whether an answer about a block that has come already still brings its sender into the session
    /// (and counts in its row of DONT_HAVEs). Default: no. Source: boxo 0.11 kept the interest of a
    /// session in a block for its whole life, boxo 0.42 drops it with the block.
    pub late_answers_count: bool,
    /// Whether a peer that said HAVE still counts as having the block after it failed to deliver (a DONT_HAVE,
    /// real or simulated). So it does in boxo: among several such peers the same one may be picked again, and
    /// the session then waits for a re-send. False is what a client would do that learns from the failure.
    ///
    /// Default: yes. Source: boxo `blockpresencemanager.go` ("not to overwrite HAVE with DONT_HAVE").
    pub have_is_final: bool,
    /// Whether the idle tick runs on while a session has no live wants; if not, it stands still until blocks
    /// come or a broadcast is made.
    ///
    /// Default: no. Source: boxo 0.11 and 0.42 `session.go`, `handleReceive` and `broadcast`.
    pub idle_ticks_go_on: bool,
    /// How wants to one peer gather into messages. Default: `Throttle`.
    pub coalescing: Coalescing,
    /// Entries that make a gathering message leave at once.
    ///
    /// Unit: entries. Default: 256. Bounds: at least 1. Source: boxo `sendMessageCutoff`.
    pub send_cutoff: u32,
    /// Re-sending of open wants. Default: `Unanswered`.
    pub resend: Resend,
    /// Wait for the answer to a want-block before a DONT_HAVE is simulated, while nothing is known.
    ///
    /// Unit: time. Default: 5 s. Bounds: above 0. Source: boxo `donthavetimeoutmgr.go`.
    pub dont_have_timeout: SimSpan,
    /// Time granted for the answer in addition to `ping_multiplier` round trips, when only a ping is known.
    ///
    /// Unit: time. Default: 2 s. Bounds: any. Source: boxo `donthavetimeoutmgr.go`.
    pub process_time: SimSpan,
    /// Round trips granted in addition to `process_time`.
    ///
    /// Unit: round trips. Default: 3. Bounds: any. Source: boxo `donthavetimeoutmgr.go`.
    pub ping_multiplier: u32,
    /// Simulated time-out as a multiple of the smoothed answer latency (each new sample weighs one half).
    ///
    /// Unit: factor. Default: 2. Bounds: at least 1. Source: boxo `donthavetimeoutmgr.go`.
    pub latency_multiplier: u32,
    /// Shortest simulated time-out.
    ///
    /// Unit: time. Default: 50 ms (boxo 0.11: none). Bounds: below `max_timeout`. Source: boxo.
    pub min_timeout: SimSpan,
    /// Longest simulated time-out.
    ///
    /// Unit: time. Default: 7 s. Bounds: above `min_timeout`. Source: boxo, sum of the 5 s and the 2 s above.
    pub max_timeout: SimSpan,
    /// Answers later than this say nothing about latency (the peer got the block in the meantime).
    ///
    /// Unit: time. Default: 30 s. Bounds: above 0. Source: boxo `maxValidLatency`.
    pub max_valid_latency: SimSpan,
    /// Messages with blocks or answers that a server writes at the same time.
    ///
    /// Unit: messages. Default: 8. Bounds: 1 ..= 255. Source: boxo `internal/defaults`, `BitswapTaskWorkerCount`.
    pub workers: u32,
    /// Work after which a server's message is full; the task that reaches it is still in.
    ///
    /// Unit: bytes. Default: 16 KiB. Bounds: at least 1. Source: boxo `internal/defaults`.
    pub target_message_size: u32,
    /// Work being written to one peer at which no more is taken up for it (a soft limit).
    ///
    /// Unit: bytes. Default: 1 MiB. Bounds: at least 1. Source: boxo `BitswapMaxOutstandingBytesPerPeer`.
    pub max_outstanding: u64,
    /// Largest block that answers a want-have by itself.
    ///
    /// Unit: bytes. Default: 1024. Bounds: any; 0 turns it off. Source: boxo `DefaultWantHaveReplaceSize`.
    pub replace_have_size: u32,
    /// Whether the cancel for a block that came is handled before the latency of that block is measured, so
    /// that only HAVEs and DONT_HAVEs are. Time-outs are much shorter then.
    ///
    /// Default: no (Kubo 0.22: yes). Source: the goroutine that receives a message posts it for measuring and,
    /// in boxo 0.11 (`sessionmanager.go`), cancels at once, which forgets when the want was sent
    /// (`messagequeue.go`, `AddCancels`); in boxo 0.42 the session cancels later (`session.go`).
    pub cancels_before_measuring: bool,
    /// Wants that a server remembers of one peer; further ones are ignored.
    ///
    /// Unit: wants. Default: 1024. Bounds: at least 1. Source: boxo `MaxQueuedWantlistEntiresPerPeer`.
    pub max_wants_per_peer: u32,
    /// Whom a server serves next. Default: `Fair`.
    pub serve_order: ServeOrder,
}

impl Default for BitswapConfig {
    fn default() -> Self {
        BitswapConfig {
            provider_search_delay: SimSpan::from_secs(1),
            periodic_search_delay: SimSpan::from_mins(1),
            base_tick_delay: SimSpan::from_millis(500),
            broadcast_limit: 64,
            dont_have_limit: 16,
            providers_per_search: 10,
            broadcast: BroadcastPolicy::Selective,
            late_answers_count: false,
            have_is_final: true,
            idle_ticks_go_on: false,
            coalescing: Coalescing::Throttle {
                per_peer: SimSpan::from_micros(125),
                shortest: SimSpan::from_millis(20),
                longest: SimSpan::from_secs(2),
            },
            send_cutoff: 256,
            resend: Resend::Unanswered { every: SimSpan::from_secs(15), after: SimSpan::from_secs(30) },
            dont_have_timeout: SimSpan::from_secs(5),
            process_time: SimSpan::from_secs(2),
            ping_multiplier: 3,
            latency_multiplier: 2,
            min_timeout: SimSpan::from_millis(50),
            max_timeout: SimSpan::from_secs(7),
            max_valid_latency: SimSpan::from_secs(30),
            workers: 8,
            target_message_size: 16 * 1024,
            max_outstanding: 1 << 20,
            replace_have_size: 1024,
            cancels_before_measuring: false,
            max_wants_per_peer: 1024,
            serve_order: ServeOrder::Fair { starved: SimSpan::from_secs(10), pending_cap: 16 },
        }
    }
}

impl BitswapConfig {
    /// Kubo 0.22 (boxo 0.11, August 2023): the swarm that `bitswap_swarm.rs` compares with.
    pub fn kubo_0_22() -> Self {
        BitswapConfig {
            broadcast: BroadcastPolicy::All,
            late_answers_count: true,
            idle_ticks_go_on: true,
            coalescing: Coalescing::Debounce {
                quiet: SimSpan::from_millis(1),
                longest: SimSpan::from_millis(20),
            },
            resend: Resend::AllOpen { every: SimSpan::from_secs(30) },
            min_timeout: SimSpan::ZERO,
            cancels_before_measuring: true,
            serve_order: ServeOrder::LeastActive,
            ..BitswapConfig::default()
        }
    }
}
