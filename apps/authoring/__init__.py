"""What authors work with who write no code: a form beside the file, changes in words, approval by a second person."""

from apps.authoring.form import AppForm, FormInput, Place, Result
from apps.authoring.reading import read_form
from apps.authoring.write_form import with_form

__all__ = ["AppForm", "FormInput", "Place", "Result", "read_form", "with_form"]
