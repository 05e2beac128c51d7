//! The parameters themselves: one entry each, from which the struct, its values at network version 21 and the table
//! are made.

use super::{AttoFil, BaseFeeRule, Epochs, Parameter, Power, Q128, QualityRule, Share, TerminationRule};
use super::{Deserialize, Serialize, Setting};
use crate::units::{AttoUsd, Epoch};
use std::cmp::Ordering;

/// From `name: Type = "value", within ("low", "high"), since "version", source "where";` makes a field of [`Policy`],
/// its value there, and an entry of [`PARAMETERS`].
macro_rules! parameters {
    ($(#[doc = $doc:literal] $name:ident: $type:ty = $value:literal,
       $(within ($low:literal, $high:literal),)? since $since:literal, source $source:literal;)+) => {
        /// Every protocol parameter. The default is network version 21; see [`crate::filecoin::rulesets`].
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub struct Policy {
            $(
                #[doc = $doc]
                #[doc = ""]
                #[doc = concat!("Value at nv21: ", $value, "." $(, " Bounds: ", $low, " ..= ", $high, ".")?)]
                #[doc = concat!("Since: ", $since, ". Source: ", $source, ".")]
                pub $name: $type,
            )+
        }

        impl Default for Policy {
            fn default() -> Self {
                Policy { $($name: known($value),)+ }
            }
        }

        /// Every parameter, in the order of the struct.
        pub static PARAMETERS: &[Parameter] = &[$(Parameter {
            name: stringify!($name),
            doc: $doc.trim_ascii(),
            unit: <$type as Setting>::UNIT,
            form: <$type as Setting>::EXPECTED,
            bounds: parameters!(@bounds $($low, $high)?),
            since: $since,
            source: $source,
            read: |policy| policy.$name.write(),
            write: |policy, text| {
                policy.$name = <$type as Setting>::read(text)?;
                Ok(())
            },
            within: |_policy| parameters!(@within $type, _policy.$name $(, $low, $high)?),
        },)+];
    };
    (@bounds) => { None };
    (@bounds $low:literal, $high:literal) => { Some(($low, $high)) };
    (@within $type:ty, $value:expr) => { true };
    (@within $type:ty, $value:expr, $low:literal, $high:literal) => {
        $value.order(&known::<$type>($low)) != Ordering::Less
            && $value.order(&known::<$type>($high)) != Ordering::Greater
    };
}

/// A value that stands in this table; the tests read every one.
fn known<T: Setting>(text: &str) -> T {
    T::read(text).unwrap_or_else(|error| panic!("a parameter's own value: {error}"))
}

parameters! {
    // Consensus.
    /// Election wins that an epoch has on average, all miners together.
    expected_winners: i64 = "5",
        within ("1", "100"), since "genesis", source "built-in actors, network.rs";
    /// Wins of one block that count.
    max_wins: i64 = "15",
        within ("1", "100"), since "genesis", source "Lotus, electionproof.go (three times the expected winners)";
    /// Depth at which nodes no longer leave a chain; elections read power that far back.
    finality: Epochs = "900 epochs",
        within ("1 epoch", "10 days"), since "genesis", source "built-in actors, policy.rs";
    /// Raw power from which a miner takes part in elections and counts in the network's totals.
    consensus_min_power: Power = "10 TiB",
        within ("0 B", "1 EiB"), since "genesis", source "built-in actors, policy.rs";
    /// Miners of the minimum power below which everybody with power takes part.
    consensus_min_miners: i64 = "4",
        within ("0", "1000"), since "genesis", source "built-in actors, power/src/policy.rs";

    // Proving.
    /// Within it every sector is proven once.
    proving_period: Epochs = "1 day",
        within ("1 epoch", "30 days"), since "genesis", source "built-in actors, policy.rs";
    /// Windows of equal length that a proving period is cut into.
    deadlines: i64 = "48",
        within ("1", "1000"), since "genesis", source "built-in actors, policy.rs";
    /// Epochs before a window opens at which its challenge is drawn.
    challenge_lookback: Epochs = "20 epochs",
        within ("0 epochs", "900 epochs"), since "genesis", source "built-in actors, policy.rs";
    /// Epochs before a window opens after which faults and recoveries can no longer be declared for it.
    fault_cutoff: Epochs = "70 epochs",
        within ("0 epochs", "1 day"), since "genesis", source "built-in actors, policy.rs";
    /// Epochs after a window in which a proof accepted unseen may be disputed.
    dispute_window: Epochs = "1800 epochs",
        within ("0 epochs", "30 days"), since "nv10 (FIP-0010)", source "built-in actors, policy.rs";
    /// Partitions that one deadline holds.
    max_partitions_per_deadline: i64 = "3000",
        within ("1", "100000"), since "genesis", source "built-in actors, policy.rs";
    /// Continuous fault after which a sector is terminated.
    fault_max_age: Epochs = "42 days",
        within ("1 day", "365 days"), since "nv14 (FIP-0026; 14 days before)", source "built-in actors, policy.rs";

    // Life of a sector.
    /// Age up to which a ticket may go into a replica.
    seal_randomness_lookback: Epochs = "3780 epochs",
        within ("1 epoch", "30 days"), since "genesis", source "built-in actors, policy.rs (a day and finality)";
    /// From a pre-commitment to the draw of its challenge.
    precommit_challenge_delay: Epochs = "150 epochs",
        within ("0 epochs", "1 day"), since "genesis", source "built-in actors, policy.rs";
    /// From a pre-commitment to the last epoch at which it may be proven.
    max_prove_commit_duration: Epochs = "86550 epochs",
        within ("1 epoch", "365 days"), since "nv13", source "built-in actors, miner/src/policy.rs (30 days and the challenge delay)";
    /// After that, until the deposit is burnt.
    precommit_cleanup_delay: Epochs = "960 epochs",
        within ("0 epochs", "30 days"), since "nv13", source "built-in actors, policy.rs";
    /// Age up to which a ticket may go into a non-interactive replica.
    non_interactive_lookback: Epochs = "180 days",
        within ("1 epoch", "365 days"), since "nv23 (FIP-0092)", source "built-in actors, policy.rs";
    /// Whether sectors may be committed in one step, without waiting for a challenge.
    non_interactive_porep: bool = "false",
        since "nv23", source "FIP-0092";
    /// Shortest commitment of a new sector.
    min_sector_lifetime: Epochs = "180 days",
        within ("1 day", "1278 days"), since "genesis", source "built-in actors, policy.rs";
    /// Furthest expiry from now, of a commitment and of an extension.
    max_sector_extension: Epochs = "1278 days",
        within ("1 day", "3650 days"), since "nv21 (FIP-0052; 540 days before)", source "built-in actors, policy.rs";
    /// Longest life of a sector, extensions included.
    max_sector_lifetime: Epochs = "5259485 epochs",
        within ("1 day", "7300 days"), since "genesis", source "built-in actors, miner/src/policy.rs (five of the actors' years)";

    // Power.
    /// What makes a byte of a new sector count more than one.
    quality_rule: QualityRule = "verified-weight",
        since "nv17 (FIP-0045)", source "built-in actors, miner/src/policy.rs";
    /// Weight of space without verified data; the unit that quality is divided by.
    quality_base_multiplier: i64 = "10",
        within ("1", "1000"), since "genesis", source "built-in actors, miner/src/policy.rs";
    /// Weight of space with verified data.
    quality_verified_multiplier: i64 = "100",
        within ("1", "10000"), since "genesis", source "built-in actors, miner/src/policy.rs";
    /// Where the filter of network power starts.
    power_initial_position: Power = "750000 GiB",
        within ("0 B", "1 EiB"), since "genesis", source "built-in actors, power/src/state.rs";
    /// Power an epoch by which that filter starts to move.
    power_initial_velocity: Power = "3840 GiB",
        within ("0 B", "1 EiB"), since "genesis", source "built-in actors, power/src/state.rs";

    // Minting.
    /// What simple minting pays out in the end.
    simple_minting_total: AttoFil = "330000000 FIL",
        within ("0 FIL", "2000000000 FIL"), since "genesis", source "built-in actors, reward/src/logic.rs";
    /// What baseline minting pays out in the end.
    baseline_minting_total: AttoFil = "770000000 FIL",
        within ("0 FIL", "2000000000 FIL"), since "genesis", source "built-in actors, reward/src/logic.rs";
    /// Decay of both mintings per epoch.
    minting_decay: Q128 = "37396271439864487274534522888786",
        within ("1", "340282366920938463463374607431768"), since "genesis", source "built-in actors, reward/src/logic.rs (ln 2 over six years of 365 days)";
    /// e to the decay, less one: belongs to it.
    minting_decay_exp_less_one: Q128 = "37396273494747879394193016954629",
        within ("1", "340282537062152000000000000000000"), since "genesis", source "built-in actors, reward/src/logic.rs";
    /// Growth of the baseline per epoch.
    baseline_growth: Q128 = "340282591298641078465964189926313473653",
        within ("340282366920938463463374607431768211456", "680564733841876926926749214863536422912"), since "genesis", source "built-in actors, reward/src/logic.rs (doubles in 365 days)";
    /// The baseline before the chain begins.
    baseline_initial: Power = "2888888880000000000 B",
        within ("1 B", "15 EiB"), since "genesis", source "built-in actors, reward/src/logic.rs";
    /// Share of what a filter missed that corrects its position.
    filter_alpha: Q128 = "314760000000000000000000000000000000",
        within ("0", "340282366920938463463374607431768211456"), since "genesis", source "built-in actors, smooth/alpha_beta_filter.rs";
    /// Share of it per epoch that corrects its velocity.
    filter_beta: Q128 = "96640100000000000000000000000000",
        within ("0", "340282366920938463463374607431768211456"), since "genesis", source "built-in actors, smooth/alpha_beta_filter.rs";
    /// Where the filter of the epoch reward starts.
    reward_initial_position: AttoFil = "36.266260308195979333 FIL",
        within ("0 FIL", "1000 FIL"), since "genesis", source "built-in actors, reward/src/state.rs";
    /// By how much an epoch that filter starts to fall.
    reward_initial_fall: AttoFil = "109897758509 attoFIL",
        within ("0 FIL", "1 FIL"), since "genesis", source "built-in actors, reward/src/state.rs";

    // Vesting of rewards.
    /// Share of a block reward that is locked and vests.
    vesting_locked_share: Share = "3/4",
        within ("0", "1"), since "nv4 (FIP-0004; all of it before)", source "built-in actors, monies.rs";
    /// From the reward to the start of vesting.
    vesting_delay: Epochs = "0 epochs",
        within ("0 epochs", "365 days"), since "nv1", source "built-in actors, policy.rs";
    /// Over which it vests, linearly.
    vesting_period: Epochs = "180 days",
        within ("1 epoch", "3650 days"), since "genesis", source "built-in actors, policy.rs";
    /// Between two portions.
    vesting_step: Epochs = "1 day",
        within ("1 epoch", "365 days"), since "genesis", source "built-in actors, policy.rs";
    /// Grid that portions fall on, laid from the miner's proving period start.
    vesting_quantum: Epochs = "1440 epochs",
        within ("1 epoch", "30 days"), since "genesis", source "built-in actors, policy.rs";

    // Pledge and deposits.
    /// Days of expected reward that a pre-commitment deposits.
    precommit_deposit_projection: Epochs = "20 days",
        within ("0 epochs", "365 days"), since "genesis", source "built-in actors, monies.rs";
    /// Days of expected reward in the initial pledge (storage pledge).
    pledge_projection: Epochs = "20 days",
        within ("0 epochs", "365 days"), since "genesis", source "built-in actors, monies.rs";
    /// Share of the circulating supply that consensus pledge would lock.
    pledge_lock_target: Share = "3/10",
        within ("0", "1"), since "genesis", source "built-in actors, monies.rs";
    /// Height from which a part of the consensus pledge no longer reads the baseline.
    pledge_ramp_start: Epoch = "never",
        since "nv24 (FIP-0081)", source "FIP-0081; Lotus, params_mainnet.go";
    /// Over which that part grows to its end.
    pledge_ramp_duration: Epochs = "1051897 epochs",
        within ("0 epochs", "7300 days"), since "nv24 (FIP-0081)", source "Lotus, params_mainnet.go";
    /// That part at the end of the ramp, in thousandths.
    pledge_ramp_permille: i64 = "300",
        within ("0", "1000"), since "nv24 (FIP-0081)", source "built-in actors, monies.rs";
    /// Most that a quality-adjusted byte is pledged for.
    pledge_cap_per_byte: AttoFil = "29103830 attoFIL",
        within ("0 FIL", "1 FIL"), since "genesis", source "built-in actors, monies.rs (one FIL over 32 GiB)";
    /// Power whose pledge a new miner deposits; it vests like a reward.
    create_miner_deposit_power: Power = "0 B",
        within ("0 B", "1 PiB"), since "nv27 (FIP-0077; a tenth of the minimum power)", source "FIP-0077";

    // Penalties.
    /// Expected reward that faulty power pays per proving period.
    fault_fee_projection: Epochs = "10108 epochs",
        within ("0 epochs", "365 days"), since "nv4 (FIP-0002)", source "built-in actors, monies.rs (3.51 days)";
    /// Expected reward that power of a disputed proof pays.
    invalid_post_projection: Epochs = "15868 epochs",
        within ("0 epochs", "365 days"), since "nv10 (FIP-0010)", source "built-in actors, monies.rs (the fault fee and two days)";
    /// Paid on top of it.
    invalid_post_penalty: AttoFil = "20 FIL",
        within ("0 FIL", "100000 FIL"), since "nv10 (FIP-0010)", source "built-in actors, monies.rs";
    /// What the disputer gets, at most what was burnt.
    invalid_post_reporter: AttoFil = "4 FIL",
        within ("0 FIL", "100000 FIL"), since "nv10 (FIP-0010)", source "built-in actors, monies.rs";
    /// Wins whose reward a consensus fault pays.
    consensus_fault_factor: i64 = "5",
        within ("0", "1000"), since "genesis", source "built-in actors, monies.rs";
    /// Share of one win's reward that its reporter gets.
    consensus_fault_reporter_share: Share = "1/4",
        within ("0", "1"), since "nv5 (FIP-0011)", source "built-in actors, monies.rs";
    /// For which the offender neither mines nor pre-commits.
    consensus_fault_exclusion: Epochs = "900 epochs",
        within ("0 epochs", "365 days"), since "genesis", source "built-in actors, policy.rs";
    /// What a terminated sector pays.
    termination_rule: TerminationRule = "expected-reward",
        since "nv25 (FIP-0098)", source "FIP-0098";
    /// Of its pledge, at full age.
    termination_share: Share = "85/1000",
        within ("0", "1"), since "nv25 (FIP-0098)", source "built-in actors, monies.rs";
    /// Age from which the fee no longer grows, under either rule.
    termination_full_age: Epochs = "140 days",
        within ("1 epoch", "3650 days"), since "genesis", source "built-in actors, monies.rs";
    /// Of its pledge, at least.
    termination_floor_share: Share = "2/100",
        within ("0", "1"), since "nv25 (FIP-0098)", source "built-in actors, monies.rs";
    /// Of its fault fee, at least.
    termination_floor_of_fault_fee: Share = "105/100",
        within ("0", "100"), since "nv25 (FIP-0098)", source "built-in actors, monies.rs";
    /// Share of the expected reward since activation that the older rule takes.
    termination_reward_share: Share = "1/2",
        within ("0", "1"), since "genesis (until nv25)", source "built-in actors v15, monies.rs";
    /// Days of reward at activation that the older rule takes besides.
    termination_reward_upfront: Epochs = "20 days",
        within ("0 epochs", "365 days"), since "genesis (until nv25)", source "built-in actors v15, monies.rs";
    /// Expected reward now that the older rule takes at least.
    termination_reward_floor: Epochs = "10080 epochs",
        within ("0 epochs", "365 days"), since "genesis (until nv25)", source "built-in actors v15, monies.rs (3.5 days)";

    // Fees of sectors and messages.
    /// Part of the circulating supply that a quality-adjusted byte pays a day.
    daily_fee_per_supply: Share = "0",
        within ("0", "1/1000000000"), since "nv25 (FIP-0100)", source "built-in actors, policy.rs";
    /// Part of the day's expected reward that the daily fees of a deadline do not exceed.
    daily_fee_cap: Share = "1/2",
        within ("0", "1"), since "nv25 (FIP-0100)", source "built-in actors, policy.rs";
    /// Whether sectors older than the fee begin to pay it when they are extended.
    daily_fee_on_extension: bool = "false",
        since "nv26 (FIP-0100)", source "FIP-0100";
    /// Base fee that aggregated commitments pay at least; nothing if zero.
    batch_balancer: AttoFil = "5 nanoFIL",
        within ("0 FIL", "1 FIL"), since "nv13 (FIP-0013; FIP-0024; gone with nv25)", source "built-in actors v15, monies.rs";
    /// Part of the gas of single messages that aggregated ones pay for.
    batch_discount: Share = "1/20",
        within ("0", "1"), since "nv13 (FIP-0013; gone with nv25)", source "built-in actors v15, monies.rs";
    /// Gas that one pre-commitment is reckoned at.
    precommit_single_gas: i64 = "16433324",
        within ("0", "10000000000"), since "nv14 (FIP-0024)", source "built-in actors v15, monies.rs";
    /// Gas that one prove-commitment is reckoned at.
    prove_commit_single_gas: i64 = "49299973",
        within ("0", "10000000000"), since "nv13 (FIP-0013)", source "built-in actors v15, monies.rs";
    /// What moves the base fee.
    base_fee_rule: BaseFeeRule = "utilisation",
        since "nv28 (FIP-0115)", source "FIP-0115";
    /// Least that a unit of gas burns.
    base_fee_min: AttoFil = "100 attoFIL",
        within ("0 FIL", "1 FIL"), since "genesis", source "Lotus, params_shared_vals.go";
    /// The base fee changes by at most one part in so many an epoch.
    base_fee_change: i64 = "8",
        within ("1", "1000000"), since "genesis", source "Lotus, params_shared_vals.go";
    /// Gas of one block; its target is half of that.
    block_gas_limit: i64 = "10000000000",
        within ("1", "1000000000000000"), since "genesis", source "Lotus, params_shared_vals.go";
    /// Point of one block's gas, dearest first, at which the premium is read.
    base_fee_percentile: Share = "8/10",
        within ("0", "1"), since "nv28 (FIP-0115)", source "FIP-0115; Lotus, basefee.go";

    // Market.
    /// Whether deal payments settle by themselves; since then somebody has to ask.
    automatic_settlement: bool = "true",
        since "genesis (until nv22, FIP-0074)", source "FIP-0074";
    /// Whether sectors may carry pieces without a market deal.
    direct_onboarding: bool = "false",
        since "nv22 (FIP-0076)", source "FIP-0076";
    /// Shortest deal.
    deal_min_duration: Epochs = "180 days",
        within ("1 epoch", "1278 days"), since "genesis", source "built-in actors, market/src/policy.rs";
    /// Longest deal.
    deal_max_duration: Epochs = "1278 days",
        within ("1 epoch", "3650 days"), since "nv21 (FIP-0052; 540 days before)", source "built-in actors, market/src/policy.rs";
    /// Part of the circulating supply that all deals would lock if they filled the network.
    deal_collateral_share: Share = "1/100",
        within ("0", "1"), since "genesis", source "built-in actors, policy.rs";
    /// Dearest epoch of a deal, and the most that either side may put up.
    deal_max_price: AttoFil = "2000000000 FIL",
        within ("0 FIL", "2000000000 FIL"), since "genesis", source "built-in actors, market/src/policy.rs";
    /// Grid on which the market looks after a deal.
    deal_cleanup_interval: Epochs = "30 days",
        within ("1 epoch", "365 days"), since "nv20 (FIP-0060; a day before)", source "built-in actors, policy.rs";
    /// Whether what deals lock counts as not circulating.
    market_locks_supply: bool = "true",
        since "genesis (until nv23, FIP-0065)", source "FIP-0065; Lotus, supply.go";
    /// Smallest allocation of data cap.
    verified_min_piece: Power = "1 MiB",
        within ("128 B", "64 GiB"), since "genesis", source "built-in actors, policy.rs";
    /// Shortest term of an allocation.
    verified_min_term: Epochs = "180 days",
        within ("1 epoch", "3650 days"), since "nv17 (FIP-0045)", source "built-in actors, policy.rs";
    /// Longest term of an allocation.
    verified_max_term: Epochs = "5259485 epochs",
        within ("1 epoch", "7300 days"), since "nv17 (FIP-0045)", source "built-in actors, policy.rs";
    /// Until which an allocation must be claimed.
    verified_expiration: Epochs = "60 days",
        within ("1 epoch", "365 days"), since "nv17 (FIP-0045)", source "built-in actors, policy.rs";
    /// By which the term of an allocation that the market makes outlasts the deal.
    verified_term_buffer: Epochs = "90 days",
        within ("0 epochs", "365 days"), since "nv17 (FIP-0045)", source "built-in actors, policy.rs";
    /// End of a sector's life in which its provider may let claims go.
    verified_drop_window: Epochs = "30 days",
        within ("0 epochs", "365 days"), since "nv17 (FIP-0045)", source "built-in actors, policy.rs";

    // Payment channels, proofs of data possession, warm storage.
    /// From the wish to close a channel to the last voucher.
    channel_settle_delay: Epochs = "1440 epochs",
        within ("0 epochs", "365 days"), since "genesis", source "built-in actors, paych/src/lib.rs";
    /// Burnt per proof and TiB of a data set.
    pdp_proof_fee: AttoFil = "230000000000000 attoFIL",
        within ("0 FIL", "1 FIL"), since "PDPVerifier 3.0", source "PDP, Fees.sol";
    /// Least distance of a challenge from when it is scheduled.
    pdp_challenge_finality: Epochs = "150 epochs",
        within ("1 epoch", "30 days"), since "PDPVerifier 1.0", source "PDP, PDPVerifier.sol";
    /// Proving period of warm storage.
    warm_period: Epochs = "1 day",
        within ("1 epoch", "30 days"), since "Warm Storage 1.0", source "Filecoin Services, deploy scripts";
    /// End of the period in which it is proven.
    warm_window: Epochs = "60 epochs",
        within ("1 epoch", "1 day"), since "Warm Storage 1.0", source "Filecoin Services, deploy scripts";
    /// Price of warm storage per TiB and 30 days.
    warm_price_per_tib: AttoUsd = "2.5 USD",
        within ("0 USD", "1000000 USD"), since "Warm Storage 1.3", source "Filecoin Services, PriceListUSDFC.sol";
    /// Price of warm storage per data set and 30 days, besides.
    warm_price_per_set: AttoUsd = "0.024 USD",
        within ("0 USD", "1000000 USD"), since "Warm Storage 1.3", source "Filecoin Services, PriceListUSDFC.sol";
    /// For which a rail of warm storage is paid after it was terminated.
    warm_lockup: Epochs = "30 days",
        within ("0 epochs", "365 days"), since "Warm Storage 1.0", source "Filecoin Services, PriceListUSDFC.sol";
    /// Part of every payment over a rail that the payment contract keeps and burns.
    pay_network_fee: Share = "1/200",
        within ("0", "1"), since "Filecoin Pay 1.0", source "Filecoin Pay, FilecoinPayV1.sol";

    // FIP-0118, a draft.
    /// Share of newly minted reward that block producers get at first.
    reward_consensus_start: Share = "1",
        within ("0", "1"), since "draft (FIP-0118)", source "FIP-0118";
    /// Share that they get in the end.
    reward_consensus_floor: Share = "1",
        within ("0", "1"), since "draft (FIP-0118)", source "FIP-0118";
    /// By which it falls in a quarter, linearly.
    reward_consensus_step: Share = "0",
        within ("0", "1"), since "draft (FIP-0118)", source "FIP-0118";
    /// Share that paid services get at first.
    reward_service_start: Share = "0",
        within ("0", "1"), since "draft (FIP-0118)", source "FIP-0118";
    /// By which it rises in a quarter whose payment volume meets the gate.
    reward_service_step: Share = "0",
        within ("0", "1"), since "draft (FIP-0118)", source "FIP-0118";
    /// A quarter of the split.
    reward_quarter: Epochs = "262800 epochs",
        within ("1 epoch", "3650 days"), since "draft (FIP-0118)", source "assumption: a fourth of 365 days, which the draft leaves open";
    /// Payment volume of every quarter on admitted rails, which the gates are held against.
    reward_service_volume: AttoUsd = "0 USD",
        within ("0 USD", "1000000000000 USD"), since "draft (FIP-0118)", source "assumption: none; some 3500 USD a quarter in mid 2026";
    /// Payment volume of a quarter at which the first gate opens.
    reward_gate_first: AttoUsd = "3500 USD",
        within ("0 USD", "1000000000 USD"), since "draft (FIP-0118)", source "FIP-0118";
    /// How much more volume each further gate asks for.
    reward_gate_growth: Share = "27/10",
        within ("0", "1000"), since "draft (FIP-0118)", source "FIP-0118";
    /// The last gate whose volume still grows, counted from zero.
    reward_gate_last: i64 = "7",
        within ("0", "12"), since "draft (FIP-0118)", source "FIP-0118";
}
