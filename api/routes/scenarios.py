"""The named scenarios that an exercise can be built from."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS
from scenarios.registry import SCENARIOS

router = APIRouter(prefix="/scenarios", tags=["scenarios"], responses=PROBLEMS)


class ScenarioOut(BaseModel):
    name: str = Field(description="名称；任务 scenario 按它生成 / the job `scenario` builds it by this name")
    title_zh: str
    title_en: str
    size_zh: str
    size_en: str


class Scenarios(BaseModel):
    items: list[ScenarioOut]


@router.get("", summary="命名情景 / named scenarios", response_model=Scenarios)
def scenarios(scope: Annotated[Scope, needs("scenarios.read")]) -> Scenarios:
    names = ScenarioOut.model_fields
    return Scenarios(items=[ScenarioOut(**{name: getattr(one, name) for name in names}) for one in SCENARIOS])
