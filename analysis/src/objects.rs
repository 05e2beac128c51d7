//! The rows of table `objects` as values: what became of every object in every cell.

use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};
use crate::survival::{Deliberate, Observation};

/// All objects of a run, in table order.
#[derive(Debug)]
pub struct Objects {
    /// One entry a row.
    pub rows: Vec<Object>,
    /// Object groups; [`Object::group`] is a position here.
    pub groups: Vec<String>,
    /// Causes of loss; [`Object::cause`] is a position here.
    pub causes: Vec<String>,
}

/// What became of one object. Times are nanoseconds of virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Position of its cell in the manifest.
    pub cell: usize,
    /// Its group.
    pub group: usize,
    /// Nominal bytes of payload.
    pub bytes: u64,
    /// When it was published, if ever.
    pub published: Option<u64>,
    /// When its last copy went, if it did.
    pub lost: Option<u64>,
    /// Why its last copy went.
    pub cause: Option<usize>,
    /// Whether its last copy went by its owner's own deletion.
    pub deliberate: bool,
    /// Time under observation.
    pub observed: u64,
    /// Time for which some node held a rebuilding set.
    pub stored: u64,
    /// Time at rung `online` or higher.
    pub online: u64,
    /// Time at rung `discoverable` or higher.
    pub discoverable: u64,
    /// Time at rung `served`.
    pub served: u64,
    /// Time with at most one copy.
    pub exposure: u64,
}

impl Objects {
    /// Reads the table; `Ok(None)` if the run does not have it.
    ///
    /// # Errors
    /// If a column is missing or a field is not what its column declares.
    pub fn read(run: &Run) -> Result<Option<Self>, AnalysisError> {
        let own = [
            "group",
            "size_bytes",
            "published_s",
            "lost_s",
            "loss_cause",
            "deliberate",
            "observed_s",
            "stored_s",
            "online_s",
            "discoverable_s",
            "served_s",
            "exposure_s",
        ];
        let columns: Vec<&str> = PREFIX.iter().copied().chain(own).collect();
        let Some(frame) = run.read("objects", &columns)? else {
            return Ok(None);
        };
        let cells = run.cells_of(&frame)?;
        let (groups, causes) = (frame.text("group")?, frame.text("loss_cause")?);
        let bytes = frame.counts("size_bytes")?;
        let deliberate = frame.flags("deliberate")?;
        let (published, lost) = (frame.times("published_s")?, frame.times("lost_s")?);
        let [observed, stored, online, discoverable, served, exposure] =
            ["observed_s", "stored_s", "online_s", "discoverable_s", "served_s", "exposure_s"]
                .map(|name| frame.times(name));
        let (observed, stored, online) = (observed?, stored?, online?);
        let (discoverable, served, exposure) = (discoverable?, served?, exposure?);
        let rows = (0..frame.rows()).map(|row| Object {
            cell: cells[row] as usize,
            group: groups.code(row) as usize,
            bytes: bytes[row],
            published: published.get(row),
            lost: lost.get(row),
            cause: lost.get(row).map(|_| causes.code(row) as usize),
            deliberate: deliberate[row],
            observed: observed.get(row).unwrap_or(0),
            stored: stored.get(row).unwrap_or(0),
            online: online.get(row).unwrap_or(0),
            discoverable: discoverable.get(row).unwrap_or(0),
            served: served.get(row).unwrap_or(0),
            exposure: exposure.get(row).unwrap_or(0),
        });
        let rows = rows.collect();
        Ok(Some(Objects { rows, groups: groups.words().to_vec(), causes: causes.words().to_vec() }))
    }

    /// The objects of one case, of one group if one is given.
    pub fn of_case<'a>(
        &'a self,
        run: &'a Run,
        case: usize,
        group: Option<usize>,
    ) -> impl Iterator<Item = &'a Object> {
        self.rows.iter().filter(move |object| {
            run.case_of(object.cell) == case && group.is_none_or(|group| object.group == group)
        })
    }
}

impl Object {
    /// Its time at risk of loss; `None` if it was never published.
    ///
    /// It ends with the loss, else with the observation, at the latest at `horizon`.
    pub fn observation(&self, horizon: u64, deliberate: Deliberate) -> Option<Observation> {
        let published = self.published?;
        let leave = self.lost.unwrap_or_else(|| published.saturating_add(self.observed).min(horizon));
        let lost = self.lost.is_some() && (!self.deliberate || deliberate == Deliberate::Loss);
        Some(Observation { enter: published.min(leave), leave, lost })
    }

    /// Whether it was published and then lost against its owner's will.
    pub fn is_lost(&self) -> bool {
        self.published.is_some() && self.lost.is_some() && !self.deliberate
    }

    /// Whether it was published and then deleted by its owner, last copy and all.
    pub fn is_deleted(&self) -> bool {
        self.published.is_some() && self.lost.is_some() && self.deliberate
    }
}
