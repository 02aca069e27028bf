"""What comes with the package, and how texts from outside are read: files, TOML, locales."""

from meter.resources.files import (
    MOST_BYTES,
    FileStamp,
    file_stamp,
    prompt_set,
    prompt_set_name,
    prompt_set_names,
    replace_file,
    template_root,
    templates_folder,
)
from meter.resources.models import MODEL_POLICY, PaywallModel, paywall_models
from meter.resources.toml import SYNTAX, TomlError, source_line, toml_tables, too_large

__all__ = [
    "MODEL_POLICY",
    "MOST_BYTES",
    "SYNTAX",
    "FileStamp",
    "PaywallModel",
    "TomlError",
    "file_stamp",
    "paywall_models",
    "prompt_set",
    "prompt_set_name",
    "prompt_set_names",
    "replace_file",
    "source_line",
    "template_root",
    "templates_folder",
    "toml_tables",
    "too_large",
]
