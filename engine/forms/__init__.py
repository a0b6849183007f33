"""Forms in form-js' format (Camunda Forms): the server validates the schema the browser shows, with our FEEL.

``load(json)`` → ``Form``; ``form.validate(data, scope)`` → cleaned data; ``default_form`` where a task has none;
``localise(schema, locale)`` → the schema for the browser in the reader's language.
"""

from engine.forms.default import default_form
from engine.forms.files import accept, with_facts
from engine.forms.form import Form, load, merge
from engine.forms.locale import localise

__all__ = ["Form", "accept", "default_form", "load", "localise", "merge", "with_facts"]
