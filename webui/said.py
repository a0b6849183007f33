"""What errors say in the reader's language: by code, where the engine's own message is English only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webui.i18n import is_chinese

#: Code → (what happened, what to do). The English page shows the engine's own message, which names the culprit.
CODES = {
    "CRM-005": (_l("crmflow does not speak this language yet."), _l("Choose English or Chinese.")),
    "CRM-006": (_l("Nobody was chosen."), _l("Choose a person or a team.")),
    "CRM-007": (_l("No files came with this."), _l("Choose BPMN, DMN or form files and send them again.")),
    "CRM-008": (_l("A reason is needed to cancel."), _l("Say why, so that others understand it later.")),
    "CRM-009": (_l("This is no JSON object."), _l("Mend the text, or leave it empty.")),
    "CRM-031": (_l("The flow has no such step."), _l("Choose one of the diagram.")),
    "CRM-032": (_l("This step only begins by its event."), _l("Go to the step that follows it, or send the event.")),
    "CRM-033": (_l("This step waits for several ways; one alone would wait for ever."), _l("Go to the step after it.")),
    "CRM-034": (_l("It is not clear where to go in: the part runs several times."), _l("Go to the part itself.")),
    "CRM-035": (_l("Something that is needed was not said."), _l("Choose a step or name what shall change.")),
    "CRM-036": (_l("This does not fit the operation."), _l("Fill in what the operation needs.")),
    "CRM-037": (_l("A reason is needed."), _l("Say why, so that others understand it later.")),
    "CRM-038": (_l("Nothing, or too much, fits this choice."), _l("Choose others.")),
    "CRM-056": (_l("That change is too old to be put back here."), _l("Change the data by hand.")),
    "CRM-050": (
        _l("This text holds other rules."),
        _l("Give its definitions the right id, or publish it under its own."),
    ),
    "CRM-051": (_l("A reason is needed to publish rules."), _l("Say what changed, and why.")),
    "CRM-053": (_l("The edited rules did not come with this."), _l("Reload the page and try again.")),
    "CRM-054": (
        _l("This cannot be the key of rules."),
        _l("Begin with a letter, then letters, digits, “.”, “_” and “-”."),
    ),
    "CRM-150": (_l("The file is not a DMN model."), _l("Mend what the findings name.")),
    "CRM-168": (_l("The model was refused."), _l("Mend what the findings name.")),
    "CRM-201": (_l("The instance is not in the state that this needs."), _l("Look at its history.")),
    "CRM-202": (_l("The task is over already."), _l("Look at the instance's history for who finished it.")),
    "CRM-203": (_l("Somebody else has claimed the task."), _l("Pick another task, or ask a manager to reassign it.")),
    "CRM-204": (_l("Somebody else was quicker."), _l("Reload the page and look at what changed.")),
    "CRM-207": (_l("The case is suspended; nothing of it can be worked."), _l("Wait until a manager resumes it.")),
    "CRM-208": (_l("Nothing is there any more."), _l("Reload the page: somebody else or a timer was first.")),
    "CRM-209": (_l("Nothing else is running in this case."), _l("Cancel the case, or say where it shall go on.")),
    "CRM-212": (_l("A value does not fit its type."), _l("Mend the value, or choose another type.")),
    "CRM-222": (_l("The operation is over already."), _l("Look at its results.")),
    "CRM-210": (_l("Some fields do not fit."), _l("Mend the fields marked in red.")),
    "CRM-211": (_l("There is data that the form does not have."), _l("Reload the page and fill in the form again.")),
    "CRM-215": (_l("The record does not fit."), _l("Mend the fields marked in red.")),
    "CRM-290": (_l("It was changed meanwhile."), _l("Reload the page and try again.")),
    "CRM-299": (_l("Too many people changed the same thing at once."), _l("Try again.")),
    "CRM-301": (_l("The login or the password is wrong."), _l("Try again, or ask an administrator.")),
    "CRM-240": (
        _l("Somebody published these rules meanwhile."),
        _l("Look at what changed between them, then publish yours on top of it; nothing of yours is lost."),
    ),
    "CRM-310": (_l("You do not have the right to do this."), _l("Ask an administrator for a role that grants it.")),
    "CRM-311": (_l("This task was not offered to you."), _l("Ask a manager.")),
    "CRM-312": (_l("The task belongs to somebody else."), _l("Ask a manager to reassign it to you.")),
    "CRM-315": (
        _l("This form was not sent from a page of this session."),
        _l("Go back, reload the page and send it again."),
    ),
    "CRM-320": (_l("Too many failed log-ins."), _l("Wait a few minutes, or ask an administrator.")),
    "CRM-400": (_l("No page lives at this address."), _l("Check the address, or go to your inbox.")),
    "CRM-401": (_l("There is no such flow or version."), _l("Look it up in the list.")),
    "CRM-402": (_l("There is no such instance."), _l("Look it up in the list.")),
    "CRM-403": (_l("There is no such task."), _l("Look in your inbox.")),
    "CRM-404": (_l("There is no such open incident."), _l("Look at the list of incidents.")),
    "CRM-407": (_l("The message is not kept any more."), _l("Somebody took it; look at the list.")),
    "CRM-408": (_l("The case has not been at this step yet."), _l("Take the present data, or another step.")),
    "CRM-409": (_l("There is no such variable."), _l("Reload the page: it may be gone.")),
    "CRM-428": (_l("There is no such operation on many."), _l("Look at the list of operations.")),
    "CRM-410": (_l("There is no such record."), _l("Look it up in the list.")),
    "CRM-411": (_l("There is no such user or team."), _l("Choose one from the list.")),
    "CRM-414": (_l("There is no such kind of record."), _l("Choose one from the list of records.")),
    "CRM-415": (_l("There are no such rules."), _l("Look it up in the list.")),
    "CRM-416": (_l("There is no such version of the rules."), _l("Look it up in the list.")),
    "CRM-418": (_l("There is no such file."), _l("Open it from its task again.")),
    "CRM-520": (_l("There is no such decision in these rules."), _l("Choose one of its decisions.")),
    "CRM-690": (
        _l("crmflow failed; the cause is in its log."),
        _l("Try again; if it stays, tell an administrator when."),
    ),
    "CRM-701": (_l("The database does not answer."), _l("Try again soon.")),
}


def worded_error(code: str, message: str, fix: str) -> tuple[str, str, str]:
    """(what happened, what to do, the engine's own words where the first two are a translation)."""
    if code not in CODES or not is_chinese():
        return message, fix, ""
    what, way = CODES[code]
    return str(what), str(way), message
