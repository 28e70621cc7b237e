"""A private workforce of SageMaker Ground Truth with a Cognito user pool of its own, as one stack.

Each needs the other: the pool's app client wants the address of the labelling portal, the portal exists once the
workforce does, and the workforce wants the app client. So the client begins with an address that leads nowhere; a
custom resource makes the workforce and reads the portal's domain; a second one puts it in the place of the placeholder
and into the invitation mail. People are invited last, so that no mail has the placeholder.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import yaml
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambdas
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_wafv2 as waf
from aws_cdk import custom_resources
from constructs import Construct
from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, model_validator

PLACEHOLDER = "https://placeholder.invalid"
_HANDLERS = str(Path(__file__).parent / "handlers")
# So many ranges of addresses a workforce may have; so many requests in five minutes before an address is stopped.
_MOST_RANGES, _MOST_REQUESTS = 10, 1000


class Provider(BaseModel):
    """An identity provider of the company instead of passwords in the pool; its secret lies in Secrets Manager."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[\w.-]{1,32}$")
    issuer: str = Field(pattern=r"^https://")
    client_id: str
    client_secret_name: str


class OwnDomain(BaseModel):
    """A sign-in domain of the company; the certificate must lie in us-east-1."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    certificate_arn: str = Field(pattern=r"^arn:aws[\w-]*:acm:us-east-1:")


class WorkforceSettings(BaseModel):
    """What a deployment chooses.

    Attributes:
        teams: Name → the addresses of who is in it.
        addresses: Ranges (CIDR) from which the portal can be used; none: from everywhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}[a-z0-9]$")
    teams: dict[str, tuple[str, ...]] = Field(min_length=1)
    addresses: tuple[IPvAnyNetwork, ...] = Field(default=(), max_length=_MOST_RANGES)
    domain: OwnDomain | None = None
    provider: Provider | None = None
    invitation_days: int = Field(default=7, ge=1, le=365)
    keep_logs_days: logs.RetentionDays = logs.RetentionDays.ONE_YEAR

    @model_validator(mode="after")
    def _people_once(self) -> WorkforceSettings:
        for team, people in self.teams.items():
            if not people or len(set(people)) < len(people) or not all("@" in person for person in people):
                raise ValueError(f"teams.{team}: name each person once, by mail address")
        return self


def read_settings(file: Path) -> WorkforceSettings:
    """The settings of a YAML file; ends the program with a sentence where they can't be used."""
    try:
        return WorkforceSettings.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SystemExit(f"{file} can't be used: {error}\nSee docs/review.md, “The managed variant”.") from error


class WorkforceStack(cdk.Stack):
    """The pool, its domain and firewall, the workforce, its teams, and a bucket for jobs."""

    def __init__(self, scope: Construct, name: str, settings: WorkforceSettings) -> None:
        super().__init__(scope, name)
        self._settings = settings
        pool = self._pool()
        domain = self._domain(pool)
        client = self._client(pool)
        self._firewall(pool)
        workforce = self._workforce(pool, client)
        workforce.node.add_dependency(domain)
        portal = self._portal(pool, client, workforce)
        groups = {team: self._team(pool, client, team, workforce) for team in settings.teams}
        # Who comes from the company's provider exists at the first sign-in.
        if settings.provider is None:
            self._people(pool, groups, portal)
        bucket = self._bucket()
        cdk.CfnOutput(self, "Portal", value=f"https://{workforce.get_att_string('SubDomain')}")
        cdk.CfnOutput(self, "Bucket", value=bucket.bucket_name)
        cdk.CfnOutput(self, "UserPool", value=pool.user_pool_id)

    def _pool(self) -> cognito.UserPool:
        external = self._settings.provider is not None
        return cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            # Where the company's provider signs people in, it asks for the second factor.
            mfa=cognito.Mfa.OPTIONAL if external else cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=cdk.Duration.days(self._settings.invitation_days),
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _domain(self, pool: cognito.UserPool) -> cognito.UserPoolDomain:
        """The address of the sign-in pages. A prefix must be nobody else's and stay: it comes of the stack's id."""
        own = self._settings.domain
        if own is not None:
            certificate = acm.Certificate.from_certificate_arn(self, "Certificate", own.certificate_arn)
            custom = cognito.CustomDomainOptions(domain_name=own.name, certificate=certificate)
            domain = pool.add_domain("Domain", custom_domain=custom)
            prefix = own.name
        else:
            unique = cdk.Fn.select(4, cdk.Fn.split("-", cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))))
            prefix = cdk.Fn.join("-", ["debrief", self._settings.name, unique])
            domain = pool.add_domain("Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix))
        ssm.StringParameter(
            self,
            "DomainPrefix",
            parameter_name=f"/debrief/review/{self._settings.name}/domain",
            string_value=prefix,
            description="Where reviewers sign in",
        )
        return domain

    def _client(self, pool: cognito.UserPool) -> cognito.UserPoolClient:
        """The workforce's app client, with an address that leads nowhere until the portal has one."""
        providers = [cognito.UserPoolClientIdentityProvider.COGNITO]
        provider = self._settings.provider
        external = None
        if provider is not None:
            secret = cdk.SecretValue.secrets_manager(provider.client_secret_name)
            external = cognito.UserPoolIdentityProviderOidc(
                self,
                "Provider",
                user_pool=pool,
                name=provider.name,
                issuer_url=provider.issuer,
                client_id=provider.client_id,
                client_secret=secret.unsafe_unwrap(),
                scopes=["openid", "email", "profile"],
                attribute_mapping=cognito.AttributeMapping(email=cognito.ProviderAttribute.other("email")),
            )
            providers = [cognito.UserPoolClientIdentityProvider.custom(provider.name)]
        client = pool.add_client(
            "Client",
            generate_secret=True,
            prevent_user_existence_errors=True,
            supported_identity_providers=providers,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
                callback_urls=[f"{PLACEHOLDER}/oauth2/idpresponse"],
                logout_urls=[f"{PLACEHOLDER}/logout"],
            ),
        )
        if external is not None:
            client.node.add_dependency(external)
        return client

    def _firewall(self, pool: cognito.UserPool) -> None:
        """Common attacks and floods are stopped before the sign-in; what was stopped stands in the logs."""

        def seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
            return waf.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
            )

        managed = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS", name="AWSManagedRulesCommonRuleSet"
        )
        flood = waf.CfnWebACL.RateBasedStatementProperty(limit=_MOST_REQUESTS, aggregate_key_type="IP")
        acl = waf.CfnWebACL(
            self,
            "Firewall",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=seen("debrief-review"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="common",
                    priority=0,
                    statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=managed),
                    override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                    visibility_config=seen("common"),
                ),
                waf.CfnWebACL.RuleProperty(
                    name="flood",
                    priority=1,
                    statement=waf.CfnWebACL.StatementProperty(rate_based_statement=flood),
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    visibility_config=seen("flood"),
                ),
            ],
        )
        waf.CfnWebACLAssociation(self, "Guarded", resource_arn=pool.user_pool_arn, web_acl_arn=acl.attr_arn)
        # The firewall writes only to groups whose name begins like this.
        group = self._log_group("FirewallLogs", f"aws-waf-logs-debrief-review-{self._settings.name}")
        waf.CfnLoggingConfiguration(
            self, "FirewallLogging", resource_arn=acl.attr_arn, log_destination_configs=[group.log_group_arn]
        )
        told = self._log_group("SignInLogs", f"/debrief/review/{self._settings.name}/sign-in")
        destination = cognito.CfnLogDeliveryConfiguration.CloudWatchLogsConfigurationProperty(
            log_group_arn=told.log_group_arn
        )
        cognito.CfnLogDeliveryConfiguration(
            self,
            "SignInLogging",
            user_pool_id=pool.user_pool_id,
            log_configurations=[
                cognito.CfnLogDeliveryConfiguration.LogConfigurationProperty(
                    event_source=source, log_level=level, cloud_watch_logs_configuration=destination
                )
                for source, level in (("userNotification", "ERROR"), ("userAuthEvents", "INFO"))
            ],
        )

    def _workforce(self, pool: cognito.UserPool, client: cognito.UserPoolClient) -> cdk.CustomResource:
        """A region of an account has one private workforce; CloudFormation's wait for it is the handler's."""
        here = f"{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
        arn = f"arn:{cdk.Aws.PARTITION}:sagemaker:{here}:workforce/{self._settings.name}"
        may = [
            iam.PolicyStatement(
                actions=[f"sagemaker:{verb}Workforce" for verb in ("Create", "Describe", "Update", "Delete")],
                resources=[arn],
            ),
            iam.PolicyStatement(
                actions=[
                    "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient",
                    "cognito-idp:UpdateUserPoolClient", "cognito-idp:UpdateUserPool",
                ],
                resources=[pool.user_pool_arn],
            ),
        ]  # fmt: skip
        provider = custom_resources.Provider(
            self,
            "WorkforceProvider",
            on_event_handler=self._handler("Workforce", "workforce.on_event", may),
            is_complete_handler=self._handler("WorkforceDone", "workforce.is_complete", may),
            query_interval=cdk.Duration.seconds(10),
            total_timeout=cdk.Duration.minutes(30),
        )
        return cdk.CustomResource(
            self,
            "PrivateWorkforce",
            resource_type="Custom::PrivateWorkforce",
            service_token=provider.service_token,
            properties={
                "WorkforceName": self._settings.name,
                "UserPool": pool.user_pool_id,
                "ClientId": client.user_pool_client_id,
                "Cidrs": [str(network) for network in self._settings.addresses],
            },
        )

    def _portal(
        self, pool: cognito.UserPool, client: cognito.UserPoolClient, workforce: cdk.CustomResource
    ) -> cdk.CustomResource:
        """The portal's address, into the app client and the invitation mail."""
        may = [
            iam.PolicyStatement(
                actions=[
                    f"cognito-idp:{verb}" for verb in
                    ("DescribeUserPool", "UpdateUserPool", "DescribeUserPoolClient", "UpdateUserPoolClient")
                ],
                resources=[pool.user_pool_arn],
            )
        ]  # fmt: skip
        provider = custom_resources.Provider(
            self, "PortalProvider", on_event_handler=self._handler("PortalAddress", "portal.on_event", may)
        )
        return cdk.CustomResource(
            self,
            "Portal_Address",
            resource_type="Custom::PortalAddress",
            service_token=provider.service_token,
            properties={
                "UserPool": pool.user_pool_id,
                "ClientId": client.user_pool_client_id,
                "SubDomain": workforce.get_att_string("SubDomain"),
            },
        )

    def _team(
        self, pool: cognito.UserPool, client: cognito.UserPoolClient, team: str, workforce: cdk.CustomResource
    ) -> cognito.CfnUserPoolGroup:
        """The team and its group of the pool."""
        group = cognito.CfnUserPoolGroup(self, f"Group{team}", user_pool_id=pool.user_pool_id, group_name=team)
        members = sagemaker.CfnWorkteam.CognitoMemberDefinitionProperty(
            cognito_user_pool=pool.user_pool_id,
            cognito_user_group=team,
            cognito_client_id=client.user_pool_client_id,
        )
        made = sagemaker.CfnWorkteam(
            self,
            f"Team{team}",
            workteam_name=f"{self._settings.name}-{team}",
            workforce_name=self._settings.name,
            description=f"Reviewers of {team}",
            member_definitions=[sagemaker.CfnWorkteam.MemberDefinitionProperty(cognito_member_definition=members)],
        )
        made.add_dependency(group)
        made.node.add_dependency(workforce)
        return group

    def _people(
        self, pool: cognito.UserPool, groups: dict[str, cognito.CfnUserPoolGroup], portal: cdk.CustomResource
    ) -> None:
        """Everybody once, in the groups of their teams; the mail that invites them waits for the portal's address."""
        attribute = cognito.CfnUserPoolUser.AttributeTypeProperty
        for number, person in enumerate(sorted({p for people in self._settings.teams.values() for p in people})):
            user = cognito.CfnUserPoolUser(
                self,
                f"Person{number}",
                user_pool_id=pool.user_pool_id,
                username=person,
                desired_delivery_mediums=["EMAIL"],
                user_attributes=[attribute(name="email", value=person), attribute(name="email_verified", value="true")],
            )
            user.node.add_dependency(portal)
            for team in (team for team, people in self._settings.teams.items() if person in people):
                member = cognito.CfnUserPoolUserToGroupAttachment(
                    self, f"Member{number}{team}", user_pool_id=pool.user_pool_id, username=person, group_name=team
                )
                member.node.add_dependency(user, groups[team])

    def _bucket(self) -> s3.Bucket:
        """Where `debrief review push` puts jobs and `pull` finds what became of them."""
        return s3.Bucket(
            self,
            "Jobs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            # The portal shows the items from the reviewer's browser.
            cors=[s3.CorsRule(allowed_methods=[s3.HttpMethods.GET], allowed_origins=["*"])],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _handler(self, name: str, entry: str, may: list[iam.PolicyStatement]) -> lambdas.Function:
        return lambdas.Function(
            self,
            name,
            runtime=lambdas.Runtime.PYTHON_3_13,
            code=lambdas.Code.from_asset(_HANDLERS, exclude=["__pycache__"]),
            handler=entry,
            timeout=cdk.Duration.minutes(2),
            log_group=self._log_group(f"{name}Logs", f"/debrief/review/{self._settings.name}/{name}"),
            initial_policy=may,
        )

    def _log_group(self, key: str, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            key,
            log_group_name=name,
            retention=self._settings.keep_logs_days,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
