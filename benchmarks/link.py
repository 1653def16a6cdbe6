"""A TCP proxy that is a slow link: each way takes `delay` seconds, and a connection one round trip to open."""

import asyncio
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, first: float) -> None:
    """Pass on what comes, each piece `delay` after it came, the first one `first` later."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    task = loop.create_task(deliver())
    try:
        while piece := await reader.read(65_536):
            queue.put_nowait((loop.time() + delay + first, piece))
            first = 0.0
    finally:
        queue.put_nowait((loop.time() + delay, b""))
        await task


async def main(listen: int, target: int, delay: float) -> None:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        ways = (pump(reader, back, delay, 2 * delay), pump(there, writer, delay, 0.0))
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, back):
            end.close()

    server = await asyncio.start_server(connect, "127.0.0.1", listen)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
