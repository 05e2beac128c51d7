//! Names of things inside one run: dense indices into arrays, as newtypes made in one place.
//!
//! A dense index is for finding and for ordering. It never keys a draw, because it shifts when
//! something is added: draws are keyed by an entity's stable name ([`sim_core::draws::Entity`]).

macro_rules! dense_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// Position in the arrays that are indexed by this id.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_id! {
    /// A node: one machine with one peer identity.
    NodeId
}
dense_id! {
    /// A distinct block of the run's content, by multihash.
    BlockId
}
dense_id! {
    /// An object: a file or folder with one root.
    ObjectId
}
dense_id! {
    /// A read: one reader asking for one object.
    ReadId
}
dense_id! {
    /// A storage miner: one miner actor and whoever operates it.
    MinerId
}
dense_id! {
    /// A client of storage: whoever pays miners to keep data.
    ClientId
}
dense_id! {
    /// A file that a client wants stored.
    FileId
}
dense_id! {
    /// A piece of one file or more, as it is offered to miners.
    PieceId
}
dense_id! {
    /// What a client and a miner agreed on, or did not: a row of the table of deals.
    AgreementId
}
