//! The changes of a record as one way: those of its rooms, of its papers and of its messages, each from the service that keeps them.
use super::{PAGE_SIZE, seen::Seen};
use crate::{failure::Failure, shelf::Open};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    documents::v1 as documents,
    messaging::v1 as messaging,
    records::v1::{ListStepChangesRequest, ListStepChangesResponse, RecordChange},
    time, timestamp,
};
use holdfast_types::{Action, Category};
use prost_types::Timestamp;

/// Where a moment stands among steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The last step up to the moment; none where nothing had been done.
    pub step: Option<DateTime<Utc>>,
    pub previous: Option<DateTime<Utc>>,
    pub following: Option<DateTime<Utc>>,
    /// Steps up to the moment.
    pub number: i32,
    /// Steps in all.
    pub count: i32,
}

/// The last step at a moment.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub place: Place,
    pub rooms: Vec<RecordChange>,
    pub papers: Vec<documents::DocumentChange>,
    pub messages: Vec<messaging::ThreadChange>,
    pub total: usize,
    /// Only rooms may have more than one page of changes.
    pub next_page_token: String,
}

impl Place {
    /// One way made of several. Steps of two services at the very same microsecond are counted twice and shown as one.
    fn of_all(places: &[Self]) -> Self {
        let step = places.iter().filter_map(|place| place.step).max();
        let before = |place: &Self| if place.step == step { place.previous } else { place.step };
        Self {
            step,
            previous: places.iter().filter_map(before).max(),
            following: places.iter().filter_map(|place| place.following).min(),
            number: places.iter().map(|place| place.number).sum(),
            count: places.iter().map(|place| place.count).sum(),
        }
    }
}

impl Walk {
    /// What was changed.
    pub(super) fn things(&self) -> Vec<String> {
        let items = self.rooms.iter().map(|change| change.item_id.clone());
        let papers =
            self.papers.iter().filter_map(|change| Some(change.document.as_ref()?.document_id.clone()));
        let threads = self.messages.iter().map(|change| change.thread_id.clone());
        items.chain(papers).chain(threads).filter(|id| !id.is_empty()).collect()
    }

    /// Without what is not seen.
    pub(super) fn narrow(&mut self, seen: &Seen) {
        let before = self.changes();
        // A change of the person names no item.
        self.rooms.retain(|change| match change.item_id.as_str() {
            "" => seen.room(Category::Demographics),
            item => seen.thing(item),
        });
        self.papers.retain(|change| change.document.as_ref().is_some_and(|one| seen.thing(&one.document_id)));
        self.messages.retain(|change| seen.thing(&change.thread_id));
        self.total = self.total.saturating_sub(before - self.changes());
    }

    fn changes(&self) -> usize {
        self.rooms.len() + self.papers.len() + self.messages.len()
    }
}

fn at(moment: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    moment.and_then(|at| time(at).ok())
}

impl From<&ListStepChangesResponse> for Place {
    fn from(step: &ListStepChangesResponse) -> Self {
        Self {
            step: at(step.step_time.as_ref()),
            previous: at(step.previous_time.as_ref()),
            following: at(step.following_time.as_ref()),
            number: step.step_number,
            count: step.step_count,
        }
    }
}

impl From<&documents::Step> for Place {
    fn from(step: &documents::Step) -> Self {
        Self {
            step: at(step.step_time.as_ref()),
            previous: at(step.previous_time.as_ref()),
            following: at(step.following_time.as_ref()),
            number: step.step_number,
            count: step.step_count,
        }
    }
}

impl From<&messaging::Step> for Place {
    fn from(step: &messaging::Step) -> Self {
        Self {
            step: at(step.step_time.as_ref()),
            previous: at(step.previous_time.as_ref()),
            following: at(step.following_time.as_ref()),
            number: step.step_number,
            count: step.step_count,
        }
    }
}

/// What was done last at a moment, or a further page of it; without a moment the newest.
pub(super) async fn walk(open: &Open, moment: Option<DateTime<Utc>>, page: &str) -> Result<Walk, Failure> {
    let rooms = async {
        let asked = ListStepChangesRequest {
            patient_id: open.patient_id(),
            at_time: moment.map(timestamp),
            page_size: PAGE_SIZE,
            page_token: page.to_owned(),
        };
        Ok(open.records().list_step_changes(asked).await?.into_inner())
    };
    let (rooms, papers, messages) = tokio::try_join!(rooms, papers(open, moment), messages(open, moment))?;
    let own = [Place::from(&rooms), Place::from(&papers), Place::from(&messages)];
    let place = Place::of_all(&own);
    let [of_rooms, of_papers, of_messages] = own.map(|one| one.step == place.step && place.step.is_some());
    let total = |of: bool, size: i32| if of { usize::try_from(size).unwrap_or_default() } else { 0 };
    // A page that goes on is of the rooms.
    let first = page.is_empty();
    Ok(Walk {
        place,
        total: total(of_rooms, rooms.total_size)
            + total(of_papers, papers.total_size)
            + total(of_messages, messages.total_size),
        next_page_token: if of_rooms { rooms.next_page_token } else { String::new() },
        rooms: if of_rooms { rooms.changes } else { Vec::new() },
        papers: if of_papers && first { papers.changes } else { Vec::new() },
        messages: if of_messages && first { messages.changes } else { Vec::new() },
    })
}

/// Whether anything was among papers and messages by then.
pub(super) async fn anything_elsewhere(open: &Open, moment: DateTime<Utc>) -> Result<bool, Failure> {
    let (papers, messages) = tokio::try_join!(papers(open, Some(moment)), messages(open, Some(moment)))?;
    Ok(papers.step_number > 0 || messages.step_number > 0)
}

async fn papers(open: &Open, moment: Option<DateTime<Utc>>) -> Result<documents::Step, Failure> {
    let asked = documents::GetStepRequest { patient_id: open.patient_id(), at_time: moment.map(timestamp) };
    Ok(open.documents().get_step(asked).await?.into_inner())
}

/// Of who may not read messages there are none.
async fn messages(open: &Open, moment: Option<DateTime<Utc>>) -> Result<messaging::Step, Failure> {
    if !open.may(Action::Read, Category::Messages) {
        return Ok(messaging::Step::default());
    }
    let asked = messaging::GetStepRequest { patient_id: open.patient_id(), at_time: moment.map(timestamp) };
    Ok(open.messaging().get_step(asked).await?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_772_452_800 + minute * 60, 0)
    }

    fn place(step: i64, previous: Option<i64>, following: Option<i64>, (number, count): (i32, i32)) -> Place {
        Place {
            step: at(step),
            previous: previous.and_then(at),
            following: following.and_then(at),
            number,
            count,
        }
    }

    #[test]
    fn the_last_step_of_any_is_the_step_and_the_others_stand_around_it() {
        let rooms = place(10, Some(4), Some(30), (2, 3));
        let papers = place(12, Some(11), None, (2, 2));
        let messages = place(3, None, Some(20), (1, 2));
        assert_eq!(Place::of_all(&[rooms, papers, messages]), place(12, Some(11), Some(20), (5, 7)));
        let alone = Place::of_all(&[rooms, Place::default(), Place::default()]);
        assert_eq!(alone, rooms);
        assert_eq!(Place::of_all(&[Place::default(); 3]), Place::default());
    }

    #[test]
    fn going_back_from_a_step_visits_every_step_of_all_once() {
        let steps: [&[i64]; 3] = [&[1, 5, 9], &[2, 6], &[7]];
        let stand = |own: &[i64], moment: i64| {
            let until: Vec<i64> = own.iter().copied().filter(|step| *step <= moment).collect();
            let behind = |back: usize| until.iter().rev().nth(back).copied().and_then(at);
            let following = own.iter().copied().find(|step| *step > moment).and_then(at);
            let (number, count) = (until.len() as i32, own.len() as i32);
            Place { step: behind(0), previous: behind(1), following, number, count }
        };
        let (mut seen, mut moment) = (Vec::new(), Some(9));
        while let Some(minute) = moment {
            let here = Place::of_all(&steps.map(|own| stand(own, minute)));
            assert_eq!(here.number as usize, 6 - seen.len());
            let minutes = |at: DateTime<Utc>| (at.timestamp() - 1_772_452_800) / 60;
            seen.extend(here.step.map(minutes));
            moment = here.previous.map(minutes);
        }
        assert_eq!(seen, [9, 7, 6, 5, 2, 1]);
    }
}
