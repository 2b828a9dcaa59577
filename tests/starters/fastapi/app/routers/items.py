import os

import httpx
from fastapi import APIRouter, HTTPException

router = APIRouter(prefix="/items", tags=["items"])

fake_items_db = {"plumbus": {"name": "Plumbus"}, "gun": {"name": "Portal Gun"}}


@router.get("/")
async def read_items():
    return fake_items_db


@router.get("/{item_id}")
async def read_item(item_id: str):
    if item_id not in fake_items_db:
        raise HTTPException(status_code=404, detail="Item not found")
    return {"name": fake_items_db[item_id]["name"], "item_id": item_id}


@router.put("/{item_id}")
async def update_item(item_id: str, item: dict):
    fake_items_db[item_id] = item
    return {"item_id": item_id, **item}


@router.get("/{item_id}/stock")
async def read_stock(item_id: str):
    async with httpx.AsyncClient(base_url=os.environ["STOCK_URL"]) as client:
        answer = await client.get(f"/items/{item_id}")
    return answer.json()
