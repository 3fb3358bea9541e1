async def run():
    return []
