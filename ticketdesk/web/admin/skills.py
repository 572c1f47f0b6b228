"""Skills: languages and subjects that agents have and tickets ask for."""

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import skills as verbs
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.skill import AgentSkill, Skill
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.routing import asking
from ticketdesk.tickets.needed_skill import TagSkill
from ticketdesk.tickets.queue import Queue, QueueSkill
from ticketdesk.tickets.tag import Tag
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import EmptyForm, Form, offered, plain
from ticketdesk.web.texts import _

KINDS = [("language", "Language"), ("subject", "Subject")]
LONGEST_TAGS = 2000
NAME = [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)]


class SkillForm(Form):
    """Another skill."""

    name = StringField("Name", NAME, filters=[plain])
    kind = SelectField("Kind", choices=offered(KINDS))


class SkillNameForm(Form):
    """What it is called."""

    name = StringField("Name", NAME, filters=[plain])


class SkillTagsForm(Form):
    """The tags by which tickets ask for it."""

    tags = StringField(
        "Tags",
        [Length(max=LONGEST_TAGS)],
        filters=[plain],
        description="Separated by commas. Whatever bears one of them asks for this skill, also what bears it already.",
    )


@blueprint.get("/skills")
def skills() -> str:
    """All skills, with how many have them and ask for them."""
    return _list(SkillForm(formdata=None))


@blueprint.post("/skills")
def create_skill() -> Response | tuple[str, int]:
    """Name another."""
    form = SkillForm()
    if form.validate():
        with form.refusals():
            made = verbs.create(form.name.data, form.kind.data, door.me(), door.now())
            db.session.commit()
            flash(_("Added. Now say who has it, on the pages of agents, and what asks for it."))
            return redirect(url_for("admin.skill", skill_id=made.id))
    return _list(form), 422


@blueprint.get("/skills/<int:skill_id>")
def skill(skill_id: int) -> str:
    """One skill."""
    return _page(door.find(Skill, skill_id))


@blueprint.post("/skills/<int:skill_id>/name")
def rename_skill(skill_id: int) -> Response | tuple[str, int]:
    """Call it something else."""
    found, form = door.find(Skill, skill_id), SkillNameForm()
    if form.validate():
        with form.refusals():
            verbs.rename(found, form.name.data, door.me(), door.now())
            return _saved(skill_id)
    return _page(found, name=form), 422


@blueprint.post("/skills/<int:skill_id>/tags")
def lead_to_skill(skill_id: int) -> Response | tuple[str, int]:
    """Say which tags ask for it."""
    found, form = door.find(Skill, skill_id), SkillTagsForm()
    if form.validate():
        with form.refusals():
            _lead(found, form.tags.data)
            return _saved(skill_id)
    return _page(found, tags=form), 422


@blueprint.post("/skills/<int:skill_id>/removal")
def remove_skill(skill_id: int) -> Response | tuple[str, int]:
    """Forget it; agents, tags and tickets lose it."""
    found, form = door.find(Skill, skill_id), EmptyForm()
    name = found.name
    if form.validate():
        with form.refusals():
            asking.remove(found, door.me(), door.now())
            db.session.commit()
            flash(_("%(name)s is removed.", name=name))
            return redirect(url_for("admin.skills"))
    return _page(door.find(Skill, skill_id), removal=form), 409


def _lead(found: Skill, typed: str) -> None:
    """Let exactly these tags ask for a skill; raises Invalid for one that no ticket ever bore."""
    names = {name.strip().lower() for name in typed.split(",") if name.strip()}
    wanted = {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(names)))}
    if missing := sorted(names - wanted.keys()):
        raise Invalid(_("No ticket ever bore the tag “%(name)s”.", name=missing[0][:40]), "tags")
    present = {tag.id: tag for tag in _tags(found.id)}
    chosen = {tag.id: tag for tag in wanted.values()}
    asking.lock_tags(present.keys() | chosen.keys())
    leads = asking.leads()
    for tag_id in sorted(present.keys() | chosen.keys()):
        others = leads.get(tag_id, frozenset()) - {found.id}
        tag = chosen.get(tag_id) or present[tag_id]
        asking.lead(tag, others | {found.id} if tag_id in chosen else others, door.me(), door.now())


def _tags(skill_id: int) -> list[Tag]:
    rows = select(Tag).join(TagSkill, TagSkill.tag_id == Tag.id).where(TagSkill.skill_id == skill_id)
    return list(db.session.scalars(rows.order_by(Tag.name)))


def _saved(skill_id: int) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.skill", skill_id=skill_id))


def _list(form: SkillForm) -> str:
    agents = select(func.count()).where(AgentSkill.skill_id == Skill.id).scalar_subquery()
    queues = select(func.count()).where(QueueSkill.skill_id == Skill.id, QueueSkill.required).scalar_subquery()
    tags = select(func.count()).where(TagSkill.skill_id == Skill.id).scalar_subquery()
    rows = db.session.execute(select(Skill, agents, queues, tags).order_by(Skill.kind, Skill.name)).all()
    return render_template("admin/skills.html", rows=rows, form=form, kinds=dict(KINDS))


def _page(
    found: Skill,
    *,
    name: SkillNameForm | None = None,
    tags: SkillTagsForm | None = None,
    removal: EmptyForm | None = None,
) -> str:
    having = select(Agent).join(AgentSkill, AgentSkill.agent_id == Agent.id).where(AgentSkill.skill_id == found.id)
    asked = select(Queue).join(QueueSkill, QueueSkill.queue_id == Queue.id).where(QueueSkill.skill_id == found.id)
    return render_template(
        "admin/skill.html",
        skill=found,
        kinds=dict(KINDS),
        name_form=name or SkillNameForm(formdata=None, name=found.name),
        tags_form=tags or SkillTagsForm(formdata=None, tags=", ".join(tag.name for tag in _tags(found.id))),
        removal_form=removal or EmptyForm(formdata=None),
        agents=list(db.session.scalars(having.order_by(Agent.name))),
        queues=list(db.session.scalars(asked.where(QueueSkill.required).order_by(Queue.position))),
    )
