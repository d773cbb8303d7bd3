//! Between messages and domain values.

use oruma_engagement::CountedSearch;
use oruma_ids::{CommentId, PostId, ReportId};
use oruma_proto::social::v1 as proto;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use tonic::{Request, Status};

use crate::app::export::Part;
use crate::domain::comment::SeenComment;
use crate::domain::post::{PostDraft, SeenPost};
use crate::domain::report::{Report, ReportState, Step, SubjectKind};
use crate::domain::viewer::Viewer;
use crate::domain::visibility::Visibility;
use crate::error::Error;
use crate::store::blocks::Block;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

/// The caller, who must be signed in: that is said before anything of the request is looked at.
pub(super) fn somebody<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = Caller::of(request)?;
    Viewer::of(&caller)?;
    Ok(caller)
}

/// The caller, who must be an administrator: that is said before anything of the request is looked at.
pub(super) fn administrator<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = Caller::of(request)?;
    Viewer::of(&caller)?.must_moderate()?;
    Ok(caller)
}

/// What is no id is nobody's.
pub(super) fn post_id(text: &str) -> Result<PostId, Error> {
    text.parse().map_err(|_| Error::PostNotFound)
}

/// What is no id is nobody's.
pub(super) fn comment_id(text: &str) -> Result<CommentId, Error> {
    text.parse().map_err(|_| Error::CommentNotFound)
}

/// What is no id is nobody's.
pub(super) fn report_id(text: &str) -> Result<ReportId, Error> {
    text.parse().map_err(|_| Error::ReportNotFound)
}

/// `None` when it is not said.
pub(super) fn report_state(value: i32) -> Result<Option<ReportState>, Error> {
    let value = proto::ReportState::try_from(value)
        .map_err(|_| Error::invalid("state", "must be open, actioned or dismissed"))?;
    Ok(match value {
        proto::ReportState::Unspecified => None,
        proto::ReportState::Open => Some(ReportState::Open),
        proto::ReportState::Actioned => Some(ReportState::Actioned),
        proto::ReportState::Dismissed => Some(ReportState::Dismissed),
    })
}

const fn report_state_to_proto(state: ReportState) -> proto::ReportState {
    match state {
        ReportState::Open => proto::ReportState::Open,
        ReportState::Actioned => proto::ReportState::Actioned,
        ReportState::Dismissed => proto::ReportState::Dismissed,
    }
}

/// `None` when it is not said.
pub(super) fn subject_kind(name: &str) -> Result<Option<SubjectKind>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    SubjectKind::from_name(name)
        .map(Some)
        .ok_or_else(|| Error::invalid("subject_kind", "must be post, event or item"))
}

impl From<Report> for proto::Report {
    fn from(report: Report) -> Self {
        Self {
            id: report.id.to_string(),
            subject_kind: report.subject.kind.name().to_owned(),
            subject_id: report.subject.id.to_string(),
            owner_id: report.subject.owner.to_string(),
            reporter_id: report.reporter.map(|id| id.to_string()).unwrap_or_default(),
            reason: report.reason,
            description: report.description,
            state: report_state_to_proto(report.state).into(),
            reported_at: Some(report.created_at.into()),
            updated_at: Some(report.updated_at.into()),
            steps: Vec::new(),
        }
    }
}

/// A report with its audit trail.
pub(super) fn report_with_steps(report: Report, steps: Vec<Step>) -> proto::Report {
    let steps = steps.into_iter().map(|step| proto::ReportStep {
        moderator_id: step.moderator.to_string(),
        from: report_state_to_proto(step.before).into(),
        to: report_state_to_proto(step.after).into(),
        note: step.note,
        at: Some(step.at.into()),
    });
    proto::Report {
        steps: steps.collect(),
        ..report.into()
    }
}

impl From<Block> for proto::Block {
    fn from(block: Block) -> Self {
        Self {
            user_id: block.blocked.to_string(),
            blocked_at: Some(block.created_at.into()),
        }
    }
}

/// What is not known is refused: taken for the default, it would be public.
fn visibility(value: i32) -> Result<Option<Visibility>, Error> {
    let value = proto::Visibility::try_from(value)
        .map_err(|_| Error::invalid("visibility", "is not known"))?;
    Ok(match value {
        proto::Visibility::Unspecified => None,
        proto::Visibility::Public => Some(Visibility::Public),
        proto::Visibility::University => Some(Visibility::University),
        proto::Visibility::Followers => Some(Visibility::Followers),
        proto::Visibility::Space => Some(Visibility::Space),
        proto::Visibility::Private => Some(Visibility::Private),
    })
}

const fn visibility_to_proto(value: Visibility) -> proto::Visibility {
    match value {
        Visibility::Public => proto::Visibility::Public,
        Visibility::University => proto::Visibility::University,
        Visibility::Followers => proto::Visibility::Followers,
        Visibility::Space => proto::Visibility::Space,
        Visibility::Private => proto::Visibility::Private,
    }
}

impl TryFrom<proto::CreatePostRequest> for PostDraft {
    type Error = Error;

    fn try_from(request: proto::CreatePostRequest) -> Result<Self, Error> {
        Ok(Self {
            visibility: visibility(request.visibility)?,
            content: Some(request.content),
            kind: Some(request.r#type),
            location: Some(request.location),
            images: Some(request.images),
            hashtags: Some(request.hashtags),
            mentions: Some(request.mentions),
        })
    }
}

impl TryFrom<proto::UpdatePostRequest> for PostDraft {
    type Error = Error;

    fn try_from(request: proto::UpdatePostRequest) -> Result<Self, Error> {
        let values = |list: Option<proto::TextList>| list.map(|list| list.values);
        Ok(Self {
            visibility: visibility(request.visibility.unwrap_or_default())?,
            content: request.content,
            kind: request.r#type,
            location: request.location,
            images: values(request.images),
            hashtags: values(request.hashtags),
            mentions: values(request.mentions),
        })
    }
}

impl From<SeenPost> for proto::Post {
    fn from(seen: SeenPost) -> Self {
        let SeenPost {
            post,
            liked,
            saved,
            highlight,
        } = seen;
        let body = post.body;
        Self {
            id: post.id.to_string(),
            number: post.number,
            author_id: post.author.to_string(),
            university: post.university,
            content: body.content,
            r#type: body.kind.name().to_owned(),
            location: body.location,
            images: body.images,
            hashtags: body.hashtags.all,
            mentions: body.mentions.all,
            visibility: visibility_to_proto(body.visibility).into(),
            like_count: post.like_count,
            comment_count: post.comment_count,
            save_count: post.save_count,
            view_count: post.view_count,
            liked,
            saved,
            created_at: Some(post.created_at.into()),
            updated_at: Some(post.updated_at.into()),
            highlight,
        }
    }
}

impl From<SeenComment> for proto::Comment {
    fn from(seen: SeenComment) -> Self {
        let SeenComment {
            comment,
            liked,
            replies,
        } = seen;
        Self {
            id: comment.id.to_string(),
            number: comment.number,
            post_id: comment.post.to_string(),
            parent_id: comment.parent.map(|id| id.to_string()).unwrap_or_default(),
            author_id: comment.author.map(|id| id.to_string()).unwrap_or_default(),
            content: comment.content,
            like_count: comment.like_count,
            reply_count: comment.reply_count,
            liked,
            created_at: Some(comment.created_at.into()),
            updated_at: Some(comment.updated_at.into()),
            replies: replies.into_iter().map(Self::from).collect(),
        }
    }
}

/// A search with its count.
pub(super) fn popular_search(search: CountedSearch) -> proto::PopularSearch {
    proto::PopularSearch {
        query: search.query,
        filters: search.filters,
        count: search.count,
    }
}

impl From<Part> for proto::ExportContentResponse {
    fn from(part: Part) -> Self {
        Self {
            section: part.section.to_owned(),
            items: part.items,
        }
    }
}
