"""The rules by which the orders of one account are judged: those of `[shop]`, and what an account has of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _account(value: str) -> str:
    """An account as orders bear it ("shopify:cod"), or its name alone ("cod"), which is meant in every system."""
    system, colon, name = value.strip().partition(":")
    if not system.strip() or (colon and not name.strip()):
        raise ValueError('names no account; write what --account said, such as "cod", or with its system "shopify:cod"')
    return value.strip()


class Rules(BaseModel):
    """What of an order was sold, and what of its money is revenue. Null `tax_included`: as its file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unsold_statuses: tuple[str, ...] = ("voided",)
    cancelled_is_sold: bool = False
    test_is_sold: bool = False
    shipping_in_revenue: bool = False
    tax_included: bool | None = None


class AccountRules(BaseModel):
    """What differs for one account; what is null is as for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_account)]
    unsold_statuses: tuple[str, ...] | None = None
    cancelled_is_sold: bool | None = None
    test_is_sold: bool | None = None
    shipping_in_revenue: bool | None = None
    tax_included: bool | None = None

    def names(self, account: str) -> bool:
        """Whether it speaks of this account of an order, written "system:name"."""
        return self.name in (account, account.partition(":")[2])


def rules_of(account: str, *, general: Rules, own: tuple[AccountRules, ...]) -> Rules:
    """The rules of an account, key by key: what "shopify:cod" says goes before what "cod" says, and that before the
    general rule."""
    meant = sorted((rules for rules in own if rules.names(account)), key=lambda rules: rules.name == account)
    told = {name: value for rules in meant for name, value in rules if name != "name" and value is not None}
    return Rules.model_validate({name: getattr(general, name) for name in Rules.model_fields} | told)
