"""debrief.yaml's `llm` → LangChain chat models, each setting under the name that the provider's class has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import ModelError
from core.llm.calling import NamedModel
from core.llm.chains import ChatModels
from core.llm.names import is_local
from core.llm.usage import ModelUsage
from core.settings import LlmModel, LlmSettings, LlmTask, LlmTaskName

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Provider → the extra of this package that brings it.
EXTRAS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "azure_openai": "azure",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "google_genai": "google",
    "mistralai": "mistral",
    "ollama": "ollama",
    "openai": "openai",
}
_PACKAGES: Mapping[str, str] = {
    "anthropic": "langchain_anthropic",
    "azure_openai": "langchain_openai",
    "bedrock": "langchain_aws",
    "bedrock_converse": "langchain_aws",
    "google_genai": "langchain_google_genai",
    "mistralai": "langchain_mistralai",
    "ollama": "langchain_ollama",
    "openai": "langchain_openai",
}
# These write as much as they are given to read.
_LONG: frozenset[LlmTaskName] = frozenset({"write", "translate", "extract"})
_LONG_FACTOR = 4
_ANTHROPIC_LEAST_THINKING = 1_024
_OLLAMA_CONTEXT = 8_192
# What Bedrock puts before the maker's name for an inference profile: "eu.anthropic.claude-…".
_BEDROCK_AREAS = frozenset({"us", "us-gov", "eu", "apac", "global", "au", "jp", "ca", "sa"})
Values = dict[str, Any]


class Wanted(NamedTuple):
    """What a task wants of its model."""

    max_tokens: int
    temperature: float | None
    effort: str


def open_chat_models(
    settings: LlmSettings, data_dir: Path | None = None, usage: ModelUsage | None = None
) -> ChatModels | None:
    """The models that the settings name; None when they name none.

    Args:
        data_dir: Processes with the same one share a local model's server.
        usage: Keeps every call.

    Raises:
        ModelError: a provider is unknown, its package isn't installed, or a local model can't be started.
    """
    if not settings.model:
        return None
    opened: dict[tuple[str, Wanted], NamedModel] = {}

    def open_for(task: LlmTaskName) -> list[NamedModel]:
        own = settings.tasks.get(task, LlmTask())
        tokens = own.max_tokens or settings.max_tokens * (_LONG_FACTOR if task in _LONG else 1)
        wanted = Wanted(tokens, settings.temperature if own.temperature is None else own.temperature, own.effort)
        names = dict.fromkeys([own.model or settings.model, *settings.fallbacks])
        for name in names:
            if (name, wanted) not in opened:
                opened[name, wanted] = NamedModel(name, _open(name, settings, wanted, data_dir))
        return [opened[name, wanted] for name in names]

    tasks = {"answer", *settings.tasks, *_LONG}
    return ChatModels({task: open_for(task) for task in sorted(tasks)}, settings, usage=usage)


def open_model(name: str, settings: LlmSettings, max_tokens: int, data_dir: Path | None = None) -> NamedModel:
    """One model as the settings have it, apart from its chain; errors as above."""
    wanted = Wanted(max_tokens, settings.temperature, "")
    return NamedModel(name, _open(name, settings, wanted, data_dir))


def check_installed(name: str) -> None:
    """Nothing, if the package for a model is there.

    Raises:
        ModelError: it isn't, or the name names no provider; with what to do.
    """
    provider, separator, _ = name.partition(":")
    if not separator:
        raise ModelError(
            f"llm.model {name!r} names no provider; write provider:model, for example openai:gpt-5-mini, or `local`."
        )
    package = _PACKAGES.get(provider)
    if package is not None and find_spec(package) is None:
        raise _missing(name, provider)


def _open(name: str, settings: LlmSettings, wanted: Wanted, data_dir: Path | None) -> BaseChatModel:
    if is_local(name):
        from core.llm.local.chat import open_local

        return open_local(name, settings, wanted.max_tokens, wanted.temperature or 0.0, data_dir)
    from langchain.chat_models import init_chat_model

    check_installed(name)
    try:
        return init_chat_model(name, **parameters(name, settings, wanted))
    except ImportError as error:
        raise _missing(name, name.partition(":")[0]) from error
    except Exception as error:  # ValueError for an unknown provider, pydantic and vendor errors for a missing key
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"The language model {name} can't be opened ({type(error).__name__}: {reason}); check llm.model and the "
            "key in llm.api_key."
        ) from error


def _missing(name: str, provider: str) -> ModelError:
    extra = EXTRAS.get(provider)
    # Quoted without brackets of Rich's markup, which would take them out of the sentence.
    remedy = f"run: pip install 'debrief[{extra}]'" if extra else f"install the LangChain package for {provider}"
    return ModelError(f"The language model {name} needs a package that isn't installed; {remedy}")


def parameters(name: str, settings: LlmSettings, wanted: Wanted) -> Values:
    """The settings under the names that the provider's class has for them."""
    provider, own = name.partition(":")[0], settings.of(name)
    thinking = settings.thinking_tokens if own.thinking_tokens is None else own.thinking_tokens
    values: Values = {} if wanted.temperature is None else {"temperature": wanted.temperature}
    values |= _address(provider, own, settings)
    common: Values = {
        "max_tokens": wanted.max_tokens + thinking,
        # Retrying is done here, where it is counted and shared by all providers.
        "max_retries": 0,
        "timeout": settings.timeout_s,
    }
    if wanted.effort:
        common["reasoning_effort"] = wanted.effort
    return {**values, **_OF_PROVIDER.get(provider, _other)(own, common, thinking)}


def _address(provider: str, own: LlmModel, settings: LlmSettings) -> Values:
    """Address and key: the model's own, else those of llm.model for models of the same provider.

    Another provider's model (a fallback, a task's own) finds its key where LangChain looks for it, in the environment,
    and must not be sent this one.
    """
    same = provider == settings.model.partition(":")[0]
    base_url = own.base_url or (settings.base_url if same else "")
    key = own.api_key or (settings.api_key if same else None)
    values: Values = {}
    if base_url:
        values["azure_endpoint" if provider == "azure_openai" else "base_url"] = base_url
    if key is not None and not provider.startswith("bedrock"):
        values["api_key"] = key.get_secret_value()
    return values


def _openai(own: LlmModel, common: Values, thinking: int) -> Values:
    return {**common, "stream_usage": True}


def _azure(own: LlmModel, common: Values, thinking: int) -> Values:
    named = {"azure_endpoint": own.endpoint, "azure_deployment": own.deployment, "api_version": own.api_version}
    return {**common, "stream_usage": True, **{key: value for key, value in named.items() if value}}


def _anthropic(own: LlmModel, common: Values, thinking: int) -> Values:
    if thinking < _ANTHROPIC_LEAST_THINKING:
        return common
    # The service takes no temperature while it thinks.
    return {**common, "thinking": {"type": "enabled", "budget_tokens": thinking}, "temperature": None}


def _bedrock(own: LlmModel, common: Values, thinking: int) -> Values:
    values: Values = {"max_tokens": common["max_tokens"], "timeout": common["timeout"], "max_retries": 0}
    named = {"region_name": own.region, "credentials_profile_name": own.profile}
    values |= {key: value for key, value in named.items() if value}
    if own.base_model:
        parts = own.base_model.split(".")
        values |= {"base_model_id": own.base_model, "provider": parts[1 if parts[0] in _BEDROCK_AREAS else 0]}
    if own.guardrail_id:
        values["guardrail_config"] = {
            "guardrailIdentifier": own.guardrail_id,
            "guardrailVersion": own.guardrail_version,
        }
    return values


def _google(own: LlmModel, common: Values, thinking: int) -> Values:
    return {**common, **({"thinking_budget": thinking} if thinking else {})}


def _mistral(own: LlmModel, common: Values, thinking: int) -> Values:
    # Its package asks once for 0 tries, and not at all for none.
    return {key: value for key, value in common.items() if key != "reasoning_effort"} | {"max_retries": 1}


def _ollama(own: LlmModel, common: Values, thinking: int) -> Values:
    # Without num_ctx the server cuts long prompts at its own default, silently.
    return {
        "num_predict": common["max_tokens"],
        "num_ctx": own.context_tokens or _OLLAMA_CONTEXT,
        "client_kwargs": {"timeout": common["timeout"]},
    }


def _other(own: LlmModel, common: Values, thinking: int) -> Values:
    return common


_OF_PROVIDER: Mapping[str, Callable[[LlmModel, Values, int], Values]] = {
    "openai": _openai,
    "azure_openai": _azure,
    "anthropic": _anthropic,
    "bedrock": _bedrock,
    "bedrock_converse": _bedrock,
    "google_genai": _google,
    "mistralai": _mistral,
    "ollama": _ollama,
}
