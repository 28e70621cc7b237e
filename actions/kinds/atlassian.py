"""What Jira and Confluence Cloud share: a site's account, and where its people sign in as themselves.

Source: developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps
"""

from __future__ import annotations

import httpx
from pydantic import SecretStr, field_validator

from actions.kinds.kind import SignIn, WebSettings, safe_address
from core.errors import SettingsError

ACCOUNT = ("user", "token")


class AtlassianSettings(WebSettings):
    """The site, and the account that writes unless people sign in as themselves. Write the token as ${NAME}.

    Attributes:
        cloud_id: The site's id, which https://SITE/_edge/tenant_info tells: whoever signs in as themselves asks
            `api_url` with it, and not the site.
    """

    user: str = ""
    token: SecretStr = SecretStr("")
    cloud_id: str = ""
    api_url: str = "https://api.atlassian.com"

    @field_validator("api_url")
    @classmethod
    def _api_is_safe(cls, url: str) -> str:
        return safe_address(url)

    def base(self, product: str) -> str:
        """Where the requests go."""
        return self.url if self.oauth is None else f"{self.api_url}/ex/{product}/{self.cloud_id}"

    def signed(self, signed_in: httpx.Auth | None) -> httpx.Auth | tuple[str, str]:
        """What signs the requests."""
        return signed_in or (self.user, self.token.get_secret_value())


def atlassian_sign_in(settings: AtlassianSettings, scopes: tuple[str, ...]) -> SignIn:
    """Where the site's people sign in. Raises SettingsError: it isn't said which site is asked for them."""
    if not settings.cloud_id:
        raise SettingsError(
            f"{settings.name}: with `oauth` the key 'cloud_id' is needed; {settings.url}/_edge/tenant_info tells it."
        )
    login = "https://auth.atlassian.com"
    told = {"audience": "api.atlassian.com", "prompt": "consent"}
    return SignIn(f"{login}/authorize", f"{login}/oauth/token", "", (*scopes, "offline_access"), told)
