//! Building a snapshot beside the node's other work: from a view of the state that later writes do not change, piece by
//! piece, so that nothing waits for it and little memory is needed.

use std::sync::Arc;

use licensing::id::ClusterId;
use licensing::row::{Row, Table};

use super::format::{FRAME_BYTES, Frame, Header, Position};
use super::{Snapshot, Snapshots, Unfinished};
use crate::checkpoint::{FILE as STATE, Section, StateFile, View};
use crate::disk::{File, Lane, run};
use crate::error::{Context, Error};

impl Snapshots {
    /// Builds a snapshot of the newest checkpoint, or gives the current one if that is as new. It is on disk when this
    /// returns.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no checkpoint yet; [`Error::Corrupt`] if a row is not what was written.
    pub async fn build(&self, state: &StateFile) -> Result<Snapshot, Error> {
        let view = Arc::new(state.view().await?);
        let header = header(&view)?;
        if let Some(current) = self
            .current()
            .filter(|one| one.applied_index() >= header.mark.applied_index)
        {
            return Ok(current);
        }
        let (unfinished, file) = self.unfinished("build").await?;
        let mut build = Build {
            snapshots: self,
            view,
            file,
            unfinished,
            position: Position::default(),
        };
        build.frame(Frame::Header(header.clone())).await?;
        for section in Section::all() {
            build.section(section).await?;
        }
        build.finish(header).await
    }
}

/// What the view is of.
fn header(view: &View) -> Result<Header, Error> {
    let mark = view.mark()?.ok_or_else(|| Error::Refused {
        file: STATE.to_owned(),
        what: "there is no checkpoint yet to build a snapshot from".to_owned(),
    })?;
    let counts = Section::all().map(|section| Ok((section.number(), view.count(section)?)));
    Ok(Header {
        cluster: cluster(view)?,
        mark,
        counts: counts.collect::<Result<_, Error>>()?,
    })
}

/// The cluster that the rows are of, once it is founded.
pub(super) fn cluster(view: &View) -> Result<Option<ClusterId>, Error> {
    let section = Section::Ledger(Table::Meta);
    let mut rows = view.rows(section, None, FRAME_BYTES)?.rows.into_iter();
    let Some((key, sealed)) = rows.next() else {
        return Ok(None);
    };
    match section.read(STATE, &key, &sealed)? {
        Row::Meta(meta) => Ok(meta.cluster),
        _ => Ok(None),
    }
}

/// A snapshot that is being written.
struct Build<'a> {
    snapshots: &'a Snapshots,
    view: Arc<View>,
    file: Arc<dyn File>,
    unfinished: Arc<Unfinished>,
    position: Position,
}

impl Build<'_> {
    async fn section(&mut self, section: Section) -> Result<(), Error> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let (view, from) = (Arc::clone(&self.view), after.take());
            let rows = self
                .on_lane(move |_| view.rows(section, from.as_deref(), FRAME_BYTES))
                .await?;
            let Some((last, _)) = rows.rows.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            self.frame(Frame::Rows(rows)).await?;
        }
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Error> {
        let (mut position, name) = (self.position, self.unfinished.name.clone());
        self.position = self
            .on_lane(move |file| {
                position.write(file, &name, &frame)?;
                Ok(position)
            })
            .await?;
        Ok(())
    }

    async fn finish(mut self, header: Header) -> Result<Snapshot, Error> {
        self.frame(Frame::End {
            frames: self.position.number,
        })
        .await?;
        let name = self.unfinished.name.clone();
        self.on_lane(move |file| file.sync().context(&name, "sync")).await?;
        let snapshot = Snapshot {
            disk: Arc::clone(&self.snapshots.shared.disk),
            file: self.file,
            name: self.unfinished.name.as_str().into(),
            header: Arc::new(header),
            _unfinished: Some(self.unfinished),
        };
        let _replacing = self.snapshots.shared.replacing.lock().await;
        self.snapshots.publish(snapshot).await
    }

    async fn on_lane<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn File) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let file = Arc::clone(&self.file);
        run(
            &self.snapshots.shared.disk,
            Lane::Snapshot,
            &self.unfinished.name,
            move || work(&*file),
        )
        .await
    }
}
