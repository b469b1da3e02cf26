"""What is answered about members and shifts of teams, and kits."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from inventory.intake.forces import MEMBER_ROLES


class Counted(BaseModel):
    added: int = Field(description="新增 / new")
    changed: int = Field(description="修改 / altered what was there")
    same: int = Field(description="没有变化 / were there already")


class Member(BaseModel):
    person: str = Field(description="人员代码 / code of the person")
    name: str | None = Field(description="姓名 / name")
    role: Literal[MEMBER_ROLES]  # type: ignore[valid-type]


class Members(BaseModel):
    team: str = Field(description="队伍代码 / code of the team")
    members: list[Member]


class ShiftEnded(BaseModel):
    id: int = Field(description="序号 / number")
    team: str = Field(description="队伍代码 / code of the team")


class ShiftOut(ShiftEnded):
    starts: datetime = Field(description="开始 / from")
    ends: datetime = Field(description="结束 / to")
    person: str | None = Field(description="人员代码；空为全队 / code of the person; null: the whole team")


class KitContent(BaseModel):
    item: str = Field(description="物资代码 / code of the item")
    quantity: Decimal = Field(description="每套数量 / units in one kit")


class KitOut(BaseModel):
    code: str = Field(description="成套编号 / code of the kit")
    name: str = Field(description="名称 / name")
    name_en: str | None = Field(description="英文名 / English name")
    content: list[KitContent]
