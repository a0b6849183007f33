"""What errors say in the reader's language: by code, where the engine's own message is English only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l

from webui.i18n import is_chinese

#: Code → (what happened, what to do). The English page shows the engine's own message, which names the culprit.
CODES = {
    # What was sent
    "CRM-002": (_l("This page cannot be asked in that way."), _l("Go back and try again.")),
    "CRM-003": (_l("The files together are too large."), _l("Send fewer or smaller files.")),
    "CRM-005": (_l("crmflow does not speak this language yet."), _l("Choose English or Chinese.")),
    "CRM-006": (_l("Nobody was chosen."), _l("Choose a person or a team.")),
    "CRM-007": (_l("No files came with this."), _l("Choose BPMN, DMN or form files and send them again.")),
    "CRM-008": (_l("A reason is needed to cancel."), _l("Say why, so that others understand it later.")),
    "CRM-009": (_l("This is no JSON object."), _l("Mend the text, or leave it empty.")),
    "CRM-012": (_l("The place in the list is not known any more."), _l("Start again from the first page.")),
    "CRM-014": (_l("This cannot be the name of a variable."), _l("Use letters, digits and “_”.")),
    "CRM-016": (_l("The message has no name."), _l("Give it the name that the flow waits for.")),
    "CRM-017": (_l("It refers to something that does not exist."), _l("Check what it refers to; it may be gone.")),
    "CRM-020": (_l("A number does not fit."), _l("Write a number such as 1234.50, with not too many digits.")),
    "CRM-021": (_l("An amount of money does not fit."), _l("Give an amount and a currency code such as EUR.")),
    "CRM-022": (_l("A value does not fit its field."), _l("Mend the value.")),
    # Going on in a flow
    "CRM-018": (_l("It is not clear where the flow starts."), _l("Choose one of its start events.")),
    "CRM-031": (_l("The flow has no such step."), _l("Choose one of the diagram.")),
    "CRM-032": (_l("This step only begins by its event."), _l("Go to the step that follows it, or send the event.")),
    "CRM-033": (_l("This step waits for several ways; one alone would wait for ever."), _l("Go to the step after it.")),
    "CRM-034": (_l("It is not clear where to go in: the part runs several times."), _l("Go to the part itself.")),
    "CRM-035": (_l("Something that is needed was not said."), _l("Choose a step or name what shall change.")),
    "CRM-036": (_l("This does not fit the operation."), _l("Fill in what the operation needs.")),
    "CRM-037": (_l("A reason is needed."), _l("Say why, so that others understand it later.")),
    "CRM-038": (_l("Nothing, or too much, fits this choice."), _l("Choose others.")),
    # Records, people and teams
    "CRM-013": (_l("This does not name a record."), _l("Choose a record.")),
    "CRM-024": (_l("This cannot be a login or the key of a team."), _l("Use a–z, 0–9 and “.”, “_”, “@” and “-”.")),
    "CRM-025": (_l("The password must have 8 to 256 characters."), _l("Choose another one.")),
    "CRM-026": (_l("This language or time zone is not known."), _l("Choose one from the list.")),
    "CRM-027": (_l("There is no such role."), _l("Choose one from the list.")),
    "CRM-028": (_l("The record is of another kind."), _l("Choose a record of the kind that is asked for.")),
    "CRM-029": (_l("These records cannot be related like that."), _l("Choose another relation or another record.")),
    "CRM-030": (_l("A kind of record is not described rightly."), _l("Ask an administrator to mend records.yaml.")),
    "CRM-091": (
        _l("This does not fit the person or the team."),
        _l("Mend the capacity, the tasks, the skills (1 to 5) or the calendar."),
    ),
    "CRM-092": (
        _l("The absence does not fit."),
        _l("Give a begin, a later end that is still to come, and somebody else to stand in."),
    ),
    "CRM-093": (_l("The file has a column or a row that does not fit."), _l("Mend the file and send it again.")),
    "CRM-094": (_l("Nothing was chosen to move."), _l("Choose who gives, who gets, and how many.")),
    "CRM-098": (_l("This person cannot be reached that way."), _l("Give their address first, then send it again.")),
    # Calendars and promises
    "CRM-070": (_l("There is no such time zone."), _l("Write it like Europe/Berlin.")),
    "CRM-071": (_l("The hours of the week do not fit."), _l("Write hours such as 09:00-17:00, and each weekday once.")),
    "CRM-072": (
        _l("No holidays are known for this country or region."),
        _l("Write its ISO 3166 code, such as DE, CN or US."),
    ),
    "CRM-073": (
        _l("The dates of the calendar do not fit."),
        _l("Write dates like 2026-12-31; a later version begins later and stays in its time zone."),
    ),
    "CRM-074": (_l("The calendar cannot be read."), _l("Give it at least a time zone and the hours of the week.")),
    "CRM-075": (_l("The time zone of a time is missing."), _l("Give the time with its zone.")),
    "CRM-076": (
        _l("The time is too far away to be worked out."),
        _l("Ask for less time, or give the calendar open hours."),
    ),
    "CRM-077": (_l("This is not a length of time."), _l("Write PT4H, PT30M, P1D or 3 business days.")),
    "CRM-078": (
        _l("The escalation ladder does not fit."),
        _l("Write one rung per line, as in the help, each at its own time."),
    ),
    "CRM-079": (
        _l("The calendar has no name, or cannot be used there."),
        _l("Give it a short key, such as berlin-office, and choose from the list whose it is."),
    ),
    "CRM-080": (_l("The policy does not fit."), _l("Give it a short key, and targets or a decision.")),
    # The inbox and its tasks
    "CRM-015": (_l("There is no such list of tasks."), _l("Choose one of the inbox's lists.")),
    "CRM-019": (
        _l("The file cannot be attached here."),
        _l("Give it a name that can be read, or attach it to the task."),
    ),
    "CRM-081": (
        _l("The filter or the columns do not fit."),
        _l("Mend the name, the conditions or the columns; remove filters that nobody needs."),
    ),
    "CRM-082": (_l("The text is empty or too long."), _l("Write something, or shorten it.")),
    "CRM-083": (
        _l("Files of this kind are not taken."),
        _l("Attach another kind of file, or save it in the format that its name says."),
    ),
    "CRM-084": (_l("The file is empty or too large."), _l("Attach another file.")),
    "CRM-085": (
        _l("Many tasks cannot be changed like that."),
        _l("Choose tasks and a change, and fill in what it needs."),
    ),
    "CRM-086": (
        _l("This does not fit the task."),
        _l("Choose a time to come, a priority from 0 to 100, or somebody else."),
    ),
    "CRM-090": (
        _l("The settings of the notifications do not fit."),
        _l("Give both ends of the quiet hours, like 20:00 and 07:30, and an address that begins with https://."),
    ),
    # Rules
    "CRM-050": (
        _l("This text holds other rules."),
        _l("Give its definitions the right id, or publish it under its own."),
    ),
    "CRM-051": (_l("A reason is needed to publish rules."), _l("Say what changed, and why.")),
    "CRM-052": (
        _l("The version that yours builds on is not there."),
        _l("Reload the page; where there are no such rules yet, publish them as new ones."),
    ),
    "CRM-053": (_l("The edited rules did not come with this."), _l("Reload the page and try again.")),
    "CRM-054": (
        _l("This cannot be the key of rules."),
        _l("Begin with a letter, then letters, digits, “.”, “_” and “-”."),
    ),
    "CRM-150": (_l("The file is not a DMN model."), _l("Mend what the findings name.")),
    "CRM-168": (_l("The model was refused."), _l("Mend what the findings name.")),
    "CRM-169": (_l("There is no file to deploy."), _l("Name at least one BPMN, DMN or form file.")),
    "CRM-240": (
        _l("Somebody published these rules meanwhile."),
        _l("Look at what changed between them, then publish yours on top of it; nothing of yours is lost."),
    ),
    "CRM-520": (_l("There is no such decision in these rules."), _l("Choose one of its decisions.")),
    # Conflicts and form data
    "CRM-201": (_l("The instance is not in the state that this needs."), _l("Look at its history.")),
    "CRM-202": (_l("The task is over already."), _l("Look at the instance's history for who finished it.")),
    "CRM-203": (_l("Somebody else has claimed the task."), _l("Pick another task, or ask a manager to reassign it.")),
    "CRM-204": (_l("Somebody else was quicker."), _l("Reload the page and look at what changed.")),
    "CRM-205": (_l("This was sent before with something else in it."), _l("Reload the page and send it anew.")),
    "CRM-206": (_l("The task has nobody to go back to."), _l("Reassign it to a user or a team.")),
    "CRM-207": (_l("The case is suspended; nothing of it can be worked."), _l("Wait until a manager resumes it.")),
    "CRM-208": (_l("Nothing is there any more."), _l("Reload the page: somebody else or a timer was first.")),
    "CRM-209": (_l("Nothing else is running in this case."), _l("Cancel the case, or say where it shall go on.")),
    "CRM-210": (_l("Some fields do not fit."), _l("Mend the fields marked in red.")),
    "CRM-211": (_l("There is data that the form does not have."), _l("Reload the page and fill in the form again.")),
    "CRM-212": (_l("A value does not fit its type."), _l("Mend the value, or choose another type.")),
    "CRM-215": (_l("The record does not fit."), _l("Mend the fields marked in red.")),
    "CRM-216": (_l("Nobody delegated this task."), _l("Complete it, or give it back.")),
    "CRM-217": (_l("This cannot be undone any more."), _l("Change it by hand, or ask a manager.")),
    "CRM-218": (_l("This was undone already."), _l("Look at what became of each.")),
    "CRM-220": (_l("This exists already."), _l("Choose another one.")),
    "CRM-221": (_l("The worker’s lock on the job is over."), _l("Lock it again, and extend locks in time.")),
    "CRM-222": (_l("The operation is over already."), _l("Look at its results.")),
    "CRM-225": (_l("This has not failed, or is on its way again."), _l("Look at what became of it.")),
    "CRM-223": (
        _l("This is no step of the case: there is nothing to go on past."),
        _l("Try it again, or cancel the case."),
    ),
    "CRM-260": (
        _l("The step does not wait for this now."),
        _l("Reload the page; where the step has failed, retry it first."),
    ),
    "CRM-290": (_l("It was changed meanwhile."), _l("Reload the page and try again.")),
    "CRM-291": (_l("It was changed meanwhile."), _l("Reload the page and try again.")),
    "CRM-299": (_l("Too many people changed the same thing at once."), _l("Try again.")),
    # Who is asking, and what they may
    "CRM-301": (_l("The login or the password is wrong."), _l("Try again, or ask an administrator.")),
    "CRM-300": (_l("You are not logged in."), _l("Log in and try again.")),
    "CRM-302": (_l("There is no active user with this login."), _l("Log in again.")),
    "CRM-310": (_l("You do not have the right to do this."), _l("Ask an administrator for a role that grants it.")),
    "CRM-311": (_l("This task was not offered to you."), _l("Ask a manager.")),
    "CRM-312": (_l("The task belongs to somebody else."), _l("Ask a manager to reassign it to you.")),
    "CRM-314": (_l("This would make a ring."), _l("Choose another team or another superior.")),
    "CRM-313": (
        _l("The task is for other eyes than those of the step before."),
        _l("Give it to a person who did not do the step before."),
    ),
    "CRM-315": (
        _l("This form was not sent from a page of this session."),
        _l("Go back, reload the page and send it again."),
    ),
    "CRM-316": (_l("This team is not yours."), _l("Share it with a team of yours.")),
    "CRM-317": (
        _l("A field is hidden from your roles and cannot be changed."),
        _l("Leave it out, or ask an administrator."),
    ),
    "CRM-320": (_l("Too many failed log-ins."), _l("Wait a few minutes, or ask an administrator.")),
    # Not found
    "CRM-400": (_l("No page lives at this address."), _l("Check the address, or go to your inbox.")),
    "CRM-401": (_l("There is no such flow or version."), _l("Look it up in the list.")),
    "CRM-402": (_l("There is no such instance."), _l("Look it up in the list.")),
    "CRM-403": (_l("There is no such task."), _l("Look in your inbox.")),
    "CRM-404": (_l("There is no such open incident."), _l("Look at the list of incidents.")),
    "CRM-407": (_l("The message is not kept any more."), _l("Somebody took it; look at the list.")),
    "CRM-408": (_l("The case has not been at this step yet."), _l("Take the present data, or another step.")),
    "CRM-409": (_l("There is no such variable."), _l("Reload the page: it may be gone.")),
    "CRM-410": (_l("There is no such record."), _l("Look it up in the list.")),
    "CRM-411": (_l("There is no such user or team."), _l("Choose one from the list.")),
    "CRM-412": (_l("There is no such import."), _l("Start it again with the same file.")),
    "CRM-413": (_l("There is no such token."), _l("Look at the list of tokens.")),
    "CRM-414": (_l("There is no such kind of record."), _l("Choose one from the list of records.")),
    "CRM-415": (_l("There are no such rules."), _l("Look it up in the list.")),
    "CRM-416": (_l("There is no such version of the rules."), _l("Look it up in the list.")),
    "CRM-417": (_l("There is no such deadline."), _l("Look at the task again.")),
    "CRM-418": (_l("There is no such file."), _l("Open it from its task again.")),
    "CRM-421": (_l("There is no such absence."), _l("Look at the person's page.")),
    "CRM-422": (_l("There is no such calendar feed."), _l("Make a new address in your profile.")),
    "CRM-423": (_l("No such mail was sent from here."), _l("Check its Message-ID.")),
    "CRM-424": (_l("You have no such filter."), _l("Load the inbox again.")),
    "CRM-425": (_l("This is not there, or not any more."), _l("Reload the page, or look in the inbox.")),
    "CRM-426": (_l("There is no such calendar."), _l("Make it in the settings.")),
    "CRM-427": (_l("There is no such SLA policy."), _l("Make it in the settings.")),
    "CRM-437": (_l("Nothing like this was sent."), _l("Look at the list of what was sent.")),
    "CRM-428": (_l("There is no such operation on many."), _l("Look at the list of operations.")),
    "CRM-429": (_l("The row is not in quarantine."), _l("Look at the list: it may be done.")),
    "CRM-430": (_l("There is no such change of data."), _l("Reload the page: it may be gone.")),
    # FEEL
    "CRM-510": (_l("An expression takes too many steps."), _l("Let it go through fewer values.")),
    "CRM-511": (_l("The functions of an expression call each other too deep."), _l("End the recursion earlier.")),
    "CRM-512": (_l("A value of an expression is too large."), _l("Let it work on fewer or smaller values.")),
    "CRM-513": (_l("An expression takes too long."), _l("Let it go through fewer values.")),
    # What a model asks for and does not get when its case runs
    "CRM-604": (_l("The flow has no such decision."), _l("Deploy the table together with the flow.")),
    "CRM-605": (
        _l("The decision chose a variant that is not published."),
        _l("Publish the variant, or mend the table."),
    ),
    "CRM-607": (_l("Outside work failed for good."), _l("Mend the cause, then try again or skip it.")),
    "CRM-608": (_l("The worker was lost each time it did this."), _l("See whether the worker runs, then try again.")),
    "CRM-609": (
        _l("No version of the decision has the tag that the flow asks for."),
        _l("Publish a version with this tag, then retry."),
    ),
    "CRM-610": (
        _l("Too many steps ran without a wait."),
        _l("Look for a loop whose condition never changes, or put a wait into it."),
    ),
    "CRM-611": (
        _l("No way leads on from a step."),
        _l("Correct the data and retry, or give the gateway a default flow."),
    ),
    "CRM-612": (
        _l("A condition gives neither true nor false."),
        _l("Compare the value with something, for instance = amount > 100."),
    ),
    "CRM-613": (
        _l("A time in the flow cannot be read."),
        _l("Give an ISO date-time (2026-01-31T09:00:00Z), a duration (PT15M) or a cycle (R3/PT1H)."),
    ),
    "CRM-614": (
        _l("An expression of the flow gives a value of the wrong type."),
        _l("Mend the expression or the variable it reads; then retry."),
    ),
    "CRM-615": (
        _l("A value cannot be stored, or a calendar is missing."),
        _l("Use texts, numbers, times, lists or contexts."),
    ),
    "CRM-616": (
        _l("The fields of a record cannot be changed among the variables of a flow."),
        _l("Change records with a service task (crmflow:record.update)."),
    ),
    "CRM-617": (
        _l("A name or a value that the step needs is empty."),
        _l("Set the variables it reads before this step."),
    ),
    "CRM-618": (
        _l("A step does not say what to do."),
        _l("Name the connector, the job type or the decision in the model."),
    ),
    "CRM-619": (
        _l("The flow calls another one that was not deployed with it."),
        _l("Deploy that flow first, then this one again."),
    ),
    "CRM-620": (_l("Flows call each other too deep."), _l("End the recursion.")),
    "CRM-621": (
        _l("A step that repeats does not get the list or the number it needs."),
        _l("Set the variable it reads before this step."),
    ),
    "CRM-622": (_l("This part has no such step."), _l("Choose one of the diagram.")),
    "CRM-623": (_l("Nothing in the flow catches the error of the work outside."), _l("Try again, or skip the step.")),
    "CRM-624": (
        _l("The form that the flow asks for was not deployed with it."),
        _l("Deploy that form first, then the flow again."),
    ),
    "CRM-625": (
        _l("A name or key that the flow computes is too long, or holds a character that cannot be stored."),
        _l("Correct the data, then try again."),
    ),
    "CRM-630": (_l("The state of the case was written by another version of crmflow."), _l("Ask an administrator.")),
    "CRM-631": (_l("A value cannot be stored in the case."), _l("Store texts, numbers, times or lists.")),
    "CRM-632": (_l("The flow no longer has the step where the case stands."), _l("Ask who has changed the flow.")),
    "CRM-650": (
        _l("An input of a service task is missing or has the wrong type."),
        _l("Mend its input mapping, or the variable it reads; then retry."),
    ),
    "CRM-653": (_l("There is no such way to assign tasks."), _l("Choose one that crmflow has.")),
    "CRM-654": (
        _l("The decision does not say who gets the task."),
        _l("Give the table outputs such as strategy and team."),
    ),
    "CRM-655": (_l("The relation leads to nobody."), _l("Name the record, and end with owner, manager or lead.")),
    "CRM-656": (_l("A level or a passing score is no number."), _l("Give a whole number.")),
    "CRM-691": (
        _l("A step asks for a service that crmflow does not have."),
        _l("Choose another service in the model."),
    ),
    "CRM-692": (_l("The services of one step do not end."), _l("Look for a loop in the model.")),
    "CRM-699": (_l("Something unexpected happened."), _l("Try again; if it stays, tell an administrator when.")),
    # What crmflow depends on
    "CRM-690": (
        _l("crmflow failed; the cause is in its log."),
        _l("Try again; if it stays, tell an administrator when."),
    ),
    "CRM-701": (_l("The database does not answer."), _l("Try again soon.")),
    "CRM-710": (_l("There is no such connector."), _l("Choose another connector in the model.")),
    "CRM-711": (_l("An input of a connector is missing or wrong."), _l("Mend the service task in the model.")),
    "CRM-712": (_l("A secret that the connector needs is missing."), _l("Ask an administrator to add it.")),
    "CRM-713": (_l("Connectors may not reach this address."), _l("Ask an administrator to allow it.")),
    "CRM-714": (_l("Another system cannot be reached."), _l("It is tried again.")),
    "CRM-715": (
        _l("Another system answered with an error."),
        _l("Look at what was sent; a passing fault is tried again."),
    ),
    "CRM-716": (
        _l("The answer of another system is too large or cannot be read."),
        _l("Ask whoever runs that system."),
    ),
    "CRM-717": (
        _l("No mail server is there, or it cannot be reached."),
        _l("Tell an administrator; a passing fault is tried again."),
    ),
    "CRM-866": (_l("This is no file of calendars and policies."), _l("Mend the file; the help shows how it begins.")),
    # Scenarios
    "CRM-870": (_l("A scenario file does not fit."), _l("Mend what the findings name.")),
    "CRM-871": (_l("No task is open at this step then."), _l("Name one that is open.")),
    "CRM-872": (_l("Nothing was started that is meant here."), _l("Begin with a step that starts it.")),
    "CRM-873": (_l("There is no such record in the scenario."), _l("Name another.")),
    "CRM-874": (_l("This service task waits for no answer then."), _l("Name one that waits.")),
    "CRM-880": (_l("A scenario file cannot be read."), _l("Mend what the findings name.")),
    "CRM-881": (_l("It is not as the scenario expects."), _l("Mend the flow or the scenario.")),
    "CRM-882": (
        _l("The time of the scenario cannot pass like that."),
        _l("Wait less, or look for a timer of zero length."),
    ),
    "CRM-883": (_l("A value of the scenario cannot be read."), _l("Mend the value.")),
    "CRM-884": (_l("A scenario or its models cannot be found or read."), _l("Check their paths.")),
    "CRM-885": (_l("The scenario names a flow that no model has."), _l("Name the flow by its id, or the model.")),
    "CRM-889": (_l("The scenarios do not show enough."), _l("Mend what the findings name, or demand less.")),
    "CRM-718": (_l("The mail server refused the mail."), _l("Check the address; if it stays, tell an administrator.")),
}


_OWN = re.compile(r"\[(CRM-\d{3})\] ")


@dataclass(frozen=True, slots=True)
class Said:
    """An error as a page says it."""

    code: str
    what: str
    way: str
    original: str  # the engine's own words, where ``what`` and ``way`` are a translation


def said_error(error: Any) -> Said:
    """Anything that has a code and a message (an error, an incident, an item of a list), or a mapping of them."""
    read = error.get if isinstance(error, Mapping) else partial(getattr, error)
    code, message = read("code", "") or "", read("message", "") or ""
    if own := _OWN.match(message):  # what a job failed of says more than that it failed
        code, message = own[1], message[own.end() :]
    what, way, original = worded_error(code, message, read("fix", "") or "")
    return Said(code, what, way, original)


def worded_error(code: str, message: str, fix: str) -> tuple[str, str, str]:
    """(what happened, what to do, the engine's own words where the first two are a translation)."""
    from webui.said_people import told_by_name  # which names people, and names say errors

    named = told_by_name(code, message)
    if named is not None:
        return named, str(CODES[code][1]) if code in CODES and is_chinese() else fix, ""
    if code not in CODES or not is_chinese():
        return message, fix, ""
    what, way = CODES[code]
    return str(what), str(way), message
