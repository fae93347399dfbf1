"""The command line, on the starter articles and the real model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.cli import doctor
from tests.scripted_server import Received, Scene, ScriptedServer, calls, refuses, says, stalls
from tests.scripted_site import Reply, Site
from vectorstore.errors import LibraryError
from vectorstore.library import Library
from vectorstore.sources import close_worker

ROOT = Path(__file__).parent.parent.parent
QUESTION = "When did Chandrayaan-3 land on the Moon?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("command line") / "library")
    assert main(["add", str(ROOT / "seeds" / "space"), "--library", folder]) == 0
    return folder


def articles_in(folder: str) -> int:
    try:
        with Library.open(folder, read_only=True) as beside:
            return beside.count()
    except LibraryError:  # not made yet
        return 0


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_answer_is_printed_with_its_sources_and_its_writer(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--library", library]) == 0
    printed = capsys.readouterr().out
    assert "23 August 2023" in printed
    assert "[1]" in printed
    assert "Sources" in printed
    assert "Starter Library, Space desk" in printed
    assert "extractive" in printed


def test_ask_prints_the_one_json_form(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = printed_json(capsys, "ask", QUESTION, "--library", library)
    assert set(answer) >= {"question", "text", "abstained", "reason", "statements", "citations", "scope", "model"}
    assert set(answer) >= {"usage", "seconds"}
    citation = answer["citations"][0]
    article = printed_json(capsys, "show", citation["article"]["id"], "--library", library)
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert set(citation["article"]) == {
        "id", "title", "published", "updated", "source", "url", "authors"
    }  # fmt: skip
    assert set(answer["scope"]) >= {"as_of", "since", "until", "left_out_undated", "sources", "words", "kept"}


def able(received: Received) -> Scene:
    if "tools" in received.body:
        return calls((received.body["tools"][0]["function"]["name"], {"city": "Paris"}))
    return says('{"city": "Paris"}' if "response_format" in received.body else "One, two, three.")


def test_doctor_says_what_the_model_can_do(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor_here = ("doctor", "--library", library, "--port", "0")
    assert main(doctor_here) == 0
    assert "Answers are extractive" in capsys.readouterr().out
    with ScriptedServer([able]) as server:
        monkeypatch.setenv("ASSISTANT_MODEL", "m")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
        server.models = [{"id": "other"}, {"id": "m", "meta": {"n_ctx": 4096}}]
        there, *found = printed_json(capsys, *doctor_here)
        assert "nothing to mend" in there["said"]
        assert [(each["about"], each["ok"]) for each in found] == [
            ("model", True), ("answers", True), ("tools", True), ("structured output", True), ("context length", True)
        ]  # fmt: skip
        assert (found[0]["said"], found[4]["said"]) == (f"m ({server.address})", "4,096 tokens")
        assert found[1]["said"].startswith("yes, word by word")
        server.models = None
        server.plays(
            lambda sent: refuses(400, "m does not support tools") if "tools" in sent.body else says("Yes, two.")
        )
        said = {each["about"]: each["said"] for each in printed_json(capsys, *doctor_here)}
        assert "“m does not support tools”" in said["tools"]
        assert said["structured output"] == "no: its reply does not keep to the form"
        assert said["context length"] == "the server does not tell"
        monkeypatch.setattr(doctor, "SECONDS", 1.0)
        for scene, words in (
            (refuses(401, "sk-secret-key is wrong"), "refused the key (401)"),
            (stalls(), "not within 1.0 s"),
        ):
            server.plays(scene)
            assert main(doctor_here) == 1
            printed = capsys.readouterr().out
            assert words in printed
            assert printed.count("\n") == 3
            assert "sk-secret" not in printed


def test_where_the_model_fails_the_nearest_articles_are_printed(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([refuses(401)]) as server:
        monkeypatch.setenv("ASSISTANT_MODEL", "m")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert main(["ask", QUESTION, "--library", library]) == 1
        printed = capsys.readouterr()
        assert "Nearest articles\n- " in printed.out
        assert "Chandrayaan-3" in printed.out
        assert printed.err.endswith("finds the reason in its log.\n")
        monkeypatch.setenv("ASSISTANT_FALLBACK", "extractive")
        assert main(["ask", QUESTION, "--library", library]) == 0
        assert "The model m did not answer; these are quotes." in capsys.readouterr().out


def test_search_prints_ranked_passages(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    matches = printed_json(capsys, "search", "asteroid samples", "-k", "3", "--library", library)
    assert [match["rank"] for match in matches] == [1, 2, 3]
    assert set(matches[0]) == {"rank", "score", "text", "start", "end", "article", "copies"}


def test_search_explains_each_place_and_what_was_searched(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    question = "According to the Starter Library, which samples came back from an asteroid in September 2023?"
    assert main(["search", question, "--explain", "-k", "2", "--library", library]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith(
        "Searched: articles by Starter Library, Space desk from 1 September 2023 to 30 September 2023"
    )
    assert "“According to the Starter Library”" in head
    assert "“in September 2023”" in head
    reasons = [line for line in lines if "rank by words" in line]
    assert len(reasons) == 2
    assert all("by meaning" in line and "days from the newest article" in line for line in reasons)
    rows = printed_json(capsys, "search", question, "--explain", "-k", "2", "--library", library)
    assert set(rows[0]["why"]) == {"keywords", "meaning", "age", "age_factor", "preferred_source", "spellings"}


def test_a_page_of_an_own_network_is_added_by_its_address_once_that_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, folder = Site(), str(tmp_path)
    site.replies["/ice"] = Reply()
    given = [f"{site.address}/ice", f"{site.address}/gone?key=1"]
    try:
        assert main(["add", f"http://127.0.0.1/{'x' * 10}", "--library", folder]) == 1
        assert "set ASSISTANT_PRIVATE_ADDRESSES=allow" in capsys.readouterr().out
        assert main(["add", *given, "--library", folder]) == 1
        assert "only 80 and 443 are asked" in capsys.readouterr().out
        assert site.asked == []
        monkeypatch.setenv("ASSISTANT_PRIVATE_ADDRESSES", "allow")
        report = printed_json(capsys, "add", *given, "--library", folder)
        assert (report["added"], report["refused"]) == (
            1, [{"source": given[1], "reason": "there is no page at this address (404); check it in a browser"}],
        )  # fmt: skip
        (article,) = printed_json(capsys, "list", "--library", folder)
        assert (article["url"], article["origin"]) == (given[0], given[0])
    finally:
        site.close()
        close_worker()


def test_an_answer_is_followed_by_what_was_searched(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Where did Chandrayaan-3 land on 03/08/2023?", "--library", library]) == 0
    printed = capsys.readouterr().out
    assert "Searched: articles from 3 August 2023 on" in printed
    assert "03/08/2023 read as 3 August 2023; ASSISTANT_LOCALE decides" in printed


def test_a_scope_is_kept(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    scope = ["--since", "2022-01-01", "--until", "2022/12/31"]
    matches = printed_json(capsys, "search", "Moon", *scope, "--library", library)
    assert matches
    assert all(match["article"]["published"][:4] == "2022" for match in matches)


def test_articles_are_tagged_asked_by_tag_and_outlets_get_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "library")
    assert main(["add", str(ROOT / "seeds" / "space"), "--library", folder]) == 0
    cited = printed_json(capsys, "ask", QUESTION, "--library", folder)["citations"][0]["article"]
    assert main(["tag", cited["id"], "Moon", "--library", folder]) == 0
    assert printed_json(capsys, "tag", "--library", folder) == {"Moon": 1}
    assert main(["show", cited["id"], "--library", folder]) == 0
    assert "Moon" in capsys.readouterr().out.split("\n\n")[0]
    answer = printed_json(capsys, "ask", QUESTION, "--tag", "moon", "--library", folder)
    assert answer["scope"]["tags"] == ["moon"]
    assert {each["article"]["id"] for each in answer["citations"]} == {cited["id"]}
    found = printed_json(capsys, "search", "rocket", "--tag", "moon", "--library", folder)
    assert {each["article"]["id"] for each in found} == {cited["id"]}
    assert main(["tag", "--remove", cited["id"], "Moon", "--library", folder]) == 0
    assert main(["ask", QUESTION, "--tag", "moon", "--library", folder]) == 1
    assert main(["tag", "Moon", "--library", folder]) == 2
    assert main(["outlet", cited["source"], "Space News", "--library", folder]) == 0
    assert printed_json(capsys, "show", cited["id"], "--library", folder)["source"] == "Space News"
    assert main(["outlet", "Space News", "--library", folder]) == 0
    assert printed_json(capsys, "show", cited["id"], "--library", folder)["source"] == cited["source"]


def test_adding_again_reports_everything_as_unchanged(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = printed_json(capsys, "add", str(ROOT / "seeds" / "space"), "--library", library)
    assert report["added"] == report["changed"] == report["passages"] == 0
    assert report["unchanged"] > 0
    assert set(report) == {"added", "changed", "unchanged", "duplicates", "refused", "notes", "passages", "seconds"}


def test_a_refused_file_is_named_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "good.txt").write_text("Ferry stops\n\nThe ferry to the island stops on 3 May 2024 for repairs.\n")
    assert main(["add", str(tmp_path), "--library", str(tmp_path / "library")]) == 0
    printed = capsys.readouterr().out
    assert "empty.txt: the file is empty" in printed
    assert "1 added" in printed
    assert main(["add", str(tmp_path / "empty.txt"), "--library", str(tmp_path / "library")]) == 1


def test_what_was_left_out_of_an_article_is_noted_for_a_few_and_then_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"title": f"Ice {n}", "text": f"Ferry {n} stays in port until it thaws.", "date": "soon"} for n in range(13)
    ]
    table = tmp_path / "rows.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    assert main(["add", str(table), "--library", str(tmp_path / "library")]) == 0
    said = capsys.readouterr().out.splitlines()
    notes = [line for line in said if line.startswith("note")]
    assert f"{table}:1: the date “soon” (published) cannot be read" in notes[0]
    assert len(notes) == 11
    assert "3 more like these" in notes[-1]
    assert said[-1].startswith("13 added, 0 changed")
    assert main(["add", str(table), "--json", "--library", str(tmp_path / "library")]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 13


def test_list_show_remove_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "library")
    (tmp_path / "ferry.txt").write_text("date 2024-05-02 The ferry to the island stops on 3 May for repairs.\n")
    assert main(["add", str(tmp_path / "ferry.txt"), "--library", folder]) == 0
    (article,) = printed_json(capsys, "list", "--library", folder)
    assert (article["published"], article["published_from"]) == ("2024-05-02", "text")
    assert article["updated"] is None
    assert article["added"] is not None
    assert main(["show", article["id"], "--library", folder]) == 0
    assert "not known" in capsys.readouterr().out
    assert printed_json(capsys, "check", "--library", folder)["ok"] is True
    assert main(["remove", article["id"], "--library", folder]) == 0
    assert printed_json(capsys, "list", "--library", folder) == []


def test_check_names_a_lost_index_and_rebuild_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "library"
    (tmp_path / "ferry.txt").write_text("The ferry to the island stops on 3 May 2024 for repairs.\n")
    main(["add", str(tmp_path / "ferry.txt"), "--library", str(folder)])
    for index in (folder / "keywords").iterdir():
        (index / "passages" / "meta.json").unlink()
    capsys.readouterr()
    assert main(["check", "--library", str(folder)]) == 1
    assert f"assistant rebuild --library {folder}" in capsys.readouterr().out
    assert main(["rebuild", "--library", str(folder)]) == 0
    assert main(["check", "--library", str(folder)]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask", " "], "empty"),
        (["search", "Moon", "--since", "soon"], "since"),
        (["search", "Moon", "--source", "The Nowhere Times"], "The Nowhere Times"),
        (["show", "nothing"], "nothing"),
        (["remove", "nothing"], "nothing"),
        (["search", "Moon", "-k", "0"], "at least 1"),
    ],
)
def test_wrong_input_is_named_without_a_traceback(
    library: str, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([*arguments, "--library", library]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("assistant: ")
    assert words in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lits"], "Did you mean 'list'?"),
        (["list", "--libary", "x"], "Possible options: --library"),
        (["search", "Moon", "-k", "many"], "'-k'"),
        (["show"], "Missing argument 'ID'"),
        ([], "Compare the catalogue with its indexes"),
    ],
)
def test_wrong_usage_is_explained(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_shell_can_complete_commands(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"_ASSISTANT_COMPLETE": "complete_bash", "COMP_WORDS": "assistant re", "COMP_CWORD": "1"}
    for name, value in typed.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    assert capfd.readouterr().out.split() == ["remove", "restore", "refresh", "rebuild"]


def test_a_list_is_a_table_in_a_terminal_and_lines_for_other_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ferry.md").write_text("---\ntitle: '[red]Ferry[/red]'\n---\nThe ferry to the island stops on 3 May.\n")
    folder = ["--library", str(tmp_path / "library")]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["add", str(tmp_path / "ferry.md"), *folder]) == 0
    capsys.readouterr()
    assert main(["list", *folder]) == 0
    line, total = capsys.readouterr().out.splitlines()
    assert line.split("\t")[1:] == ["–", "–", "[red]Ferry[/red]"]
    assert total == "1 articles, 1 of them undated."
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["list", *folder]) == 0
    head, row, _ = capsys.readouterr().out.splitlines()
    assert re.findall(r"[A-Z][a-z]+", head) == ["Id", "Published", "Source", "Title"]
    assert "[red]Ferry[/red]" in row


def test_a_list_loads_nothing_that_only_a_search_needs(library: str) -> None:
    look = "import sys; from assistant.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    with Library.open(library, read_only=True) as beside:
        article = beside.articles()[0].id
    for command in (["list"], ["list", "--json"], ["show", article], ["show", article, "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", look, *command, "--library", library],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert article in done.stdout or "Starter Library" in done.stdout
        loaded = {name.partition(".")[0] for name in done.stderr.split()}
        assert "sqlite3" in loaded
        heavy = (
            "chromadb tantivy numpy trafilatura lxml ctranslate2 tokenizers langchain_core openai rich httpcore2 gradio"
        )
        assert loaded.isdisjoint(heavy.split())


def test_a_terminal_without_unicode_and_a_reader_who_leaves_are_no_fault(library: str) -> None:
    def run(command: str) -> subprocess.CompletedProcess[bytes]:
        shell = f"set -o pipefail; {sys.executable} -m assistant {command}"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "LIBRARY": library}
        return subprocess.run(["bash", "-c", shell], capture_output=True, cwd=ROOT, env=environment)

    asked = run(f'search "{QUESTION}" --library "$LIBRARY"')
    assert (asked.returncode, asked.stderr) == (0, b"")
    assert b" ? Starter Library, Space desk" in asked.stdout
    as_json = run(f'ask "{QUESTION}" --json --library "$LIBRARY"').stdout
    assert as_json.isascii()
    assert "“" in json.loads(as_json)["text"]
    left = run('list --library "$LIBRARY" | true')
    assert (left.returncode, left.stderr) == (0, b"")


def test_asking_where_there_is_no_library_names_the_command_that_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", QUESTION, "--library", str(tmp_path / "none")]) == 1
    assert "assistant add" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_control_characters_of_an_answer_do_not_reach_the_terminal(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([says("It landed on 23 August 2023 \x1b[31mred\x07 [1].")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
        assert main(["ask", QUESTION, "--library", library]) == 0
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out
    assert "\x07" not in captured.out
    assert "sk-secret-of-the-test" not in captured.out + captured.err


def test_what_was_corrected_after_it_was_printed_is_printed_again_with_a_note(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "Chandrayaan-3 landed on 25 August 2023 [1]."
    right = "Chandrayaan-3 landed on 23 August 2023 [1]."
    reply = json.dumps({"verdicts": [{"number": 1, "verdict": "not_carried", "corrected": right}]})
    with ScriptedServer([says(wrong), says(reply)]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-scripted")
        assert main(["ask", QUESTION, "--library", library]) == 0
    captured = capsys.readouterr()
    before, _, after = captured.out.partition(
        "Checked against its sources: 1 sentence corrected. The answer now reads:"
    )
    assert "25 August 2023" in before
    assert after.lstrip().startswith("Chandrayaan-3 landed on 23 August 2023 [1]")
    assert "Not carried by its source" not in after
    assert "to correct one sentence" in captured.err


def test_help_answers_without_loading_anything_heavy() -> None:
    code = (
        "import sys\nfrom assistant.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'langchain_core', 'chromadb', 'gradio', 'openai', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_while_adding_leaves_a_usable_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"id": f"made-article-{n:05}", "title": f"Report {n}", "text": f"Crate {n} was opened on the pier. " * 40}
        for n in range(3000)
    ]
    (tmp_path / "many.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    folder = str(tmp_path / "library")
    adding = subprocess.Popen(
        [sys.executable, "-m", "assistant", "add", str(tmp_path / "many.jsonl"), "--library", folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while adding.poll() is None and articles_in(folder) == 0:
        time.sleep(0.2)
    adding.send_signal(signal.SIGINT)
    out, errors = adding.communicate()
    assert adding.returncode == 130, out + errors
    assert "Traceback" not in errors
    capsys.readouterr()
    assert main(["check", "--library", folder]) == 0, capsys.readouterr().out
    listed = printed_json(capsys, "list", "--library", folder)
    assert f"{len(listed)} added" in out
    assert 0 < len(listed) < len(rows)


def test_a_list_leaves_the_texts_out(library: str) -> None:
    with Library.open(library, read_only=True) as beside:
        listed = beside.articles(with_text=False)
        assert listed
        assert {article.text for article in listed} == {""}
        assert [article.id for article in listed] == [article.id for article in beside.articles()]
        assert all(article.text for article in beside.articles())


def test_a_terminal_is_spoken_to_in_its_language_and_programs_in_english(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def printed(*arguments: str, **environment: str) -> str:
        with monkeypatch.context() as terminal:
            for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
                terminal.delenv(name, raising=False)
            for name, value in environment.items():
                terminal.setenv(name, value)
            main([*arguments, "--library", library])
        return "".join(capsys.readouterr())

    here, unknown = ("list",), ("show", "nothing")
    english, refused = printed(*here), printed(*unknown)
    assert "articles, 0 of them undated." in english
    assert "No article" in refused
    for others in ({"LANG": "C"}, {"LANG": "de_DE.UTF-8"}, {"LC_ALL": "C", "LANG": "uk_UA.UTF-8"}):
        assert (printed(*here, **others), printed(*unknown, **others)) == (english, refused)
    for ours in ({"LANG": "uk_UA.UTF-8"}, {"LC_MESSAGES": "uk_UA", "LANG": "C"}, {"LC_ALL": "uk"}):
        assert "з них без дати: 0." in printed(*here, **ours)
        assert "Статті nothing у цій бібліотеці немає." in printed(*unknown, **ours)
    assert "List the articles." in printed("list", "--help", LANG="uk_UA.UTF-8")
    abstained = printed("ask", "Who won the chess olympiad of 1930 in Hamburg?", "--json", LANG="uk_UA.UTF-8")
    assert json.loads(abstained)["reason"]
    assert not re.search("[а-яіїєґ]", abstained)
