"""A language-server client that opens and edits one file, and applies the edits it is offered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_type_hints

from cattrs import Converter
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter

PATIENCE = 60


class Editor:
    """One open file, as an editor that talks to a language server has it."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client = client
        self.path = path
        self.uri = path.as_uri()
        self.text = path.read_text(encoding="utf-8")
        self.version = 1
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()

    def open(self) -> None:
        document = lsp.TextDocumentItem(uri=self.uri, language_id="python", version=self.version, text=self.text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))

    def change(self, text: str) -> None:
        """Replace all of the text."""
        self.text = text
        self.version += 1
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version=self.version, uri=self.uri),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        """What the server publishes next."""
        published = await asyncio.wait_for(self.published.get(), PATIENCE)
        assert published.uri == self.uri
        return list(published.diagnostics)

    async def actions(self, diagnostic: lsp.Diagnostic) -> list[lsp.CodeAction]:
        """What the server offers for a diagnostic."""
        asked = lsp.CodeActionParams(
            text_document=lsp.TextDocumentIdentifier(self.uri),
            range=diagnostic.range,
            context=lsp.CodeActionContext([diagnostic]),
        )
        offered = await asyncio.wait_for(self.client.text_document_code_action_async(asked), PATIENCE)
        return [action for action in offered or [] if isinstance(action, lsp.CodeAction)]

    def apply(self, action: lsp.CodeAction) -> None:
        """Do what an action says, last edit first."""
        assert action.edit is not None and action.edit.changes is not None
        lines = self.text.splitlines(keepends=True)
        starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
        text = self.text
        edits = action.edit.changes[self.uri]
        for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
            start = starts[edit.range.start.line] + edit.range.start.character
            end = starts[edit.range.end.line] + edit.range.end.character
            text = text[:start] + edit.new_text + text[end:]
        self.change(text)


def converter() -> Converter:
    # https://github.com/microsoft/lsprotocol/issues/462: it cannot read what pylsp says about notebooks.
    converter = default_converter()
    notebook = get_type_hints(lsp.NotebookDocumentFilterWithCells, vars(lsp))["notebook"]
    converter.register_structure_hook(notebook, lambda value, _: value)
    return converter


@asynccontextmanager
async def editing(
    path: Path, *server: str | Path, root: Path | None = None, settings: dict[str, Any] | None = None
) -> AsyncIterator[Editor]:
    """Start a language server in `root` or the file's directory, open the file, and at the end shut the server down."""
    root = root or path.parent
    folder = lsp.WorkspaceFolder(uri=root.as_uri(), name=root.name)
    client = LanguageClient("tests", "1", converter_factory=converter)
    editor = Editor(client, path)

    @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(params: lsp.PublishDiagnosticsParams) -> None:
        editor.published.put_nowait(params)

    @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        pass

    @client.feature(lsp.WORKSPACE_WORKSPACE_FOLDERS)
    def folders(params: None) -> list[lsp.WorkspaceFolder]:
        return [folder]

    @client.feature(lsp.WINDOW_WORK_DONE_PROGRESS_CREATE)
    def progress(params: lsp.WorkDoneProgressCreateParams) -> None:
        pass

    await client.start_io(*map(str, server), cwd=root)
    capabilities = lsp.ClientCapabilities(workspace=lsp.WorkspaceClientCapabilities(workspace_folders=True))
    asked = lsp.InitializeParams(capabilities=capabilities, root_uri=root.as_uri(), workspace_folders=[folder])
    await asyncio.wait_for(client.initialize_async(asked), PATIENCE)
    client.initialized(lsp.InitializedParams())
    if settings is not None:
        client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))
    editor.open()
    yield editor
    await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
    client.exit(None)
    # ast-grep ends when nobody can write to it any more.
    assert client.protocol.writer is not None
    client.protocol.writer.close()
    await asyncio.wait_for(client.stop(), PATIENCE)
