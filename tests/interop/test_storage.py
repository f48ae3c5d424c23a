#!/usr/bin/env python3
"""Object storage against a real server (moto) through a network with faults, and every signature against botocore.

usage: test_storage.py BUILD      prints TAP, then "# done" """
import hashlib, json, logging, os, pathlib, random, shutil, subprocess, sys, tempfile, time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import boto3
import botocore.auth, botocore.awsrequest, botocore.credentials
from moto.server import ThreadedMotoServer
from faults import Faults

logging.getLogger("werkzeug").setLevel(logging.ERROR)
driver = os.path.abspath(os.path.join(sys.argv[1], "tests/interop/storage_driver"))
folder = pathlib.Path(tempfile.mkdtemp(prefix="gimlet-s3-"))
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+=="
count = 0


def check(claim, name, *why):
    global count
    count += 1
    print(f"{'ok' if claim else 'not ok'} {count} - {name}")
    if not claim:
        for line in why:
            print("#", str(line)[:1500].replace("\n", "\n# "))
    sys.stdout.flush()


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"HOME": str(folder), "no_proxy": "127.0.0.1", "AWS_ACCESS_KEY_ID": KEY,
                   "AWS_SECRET_ACCESS_KEY": SECRET} | more


def run(url, *words, env=None):
    done = subprocess.run([driver, url, *map(str, words)], capture_output=True, text=True, env=env or environment(),
                          timeout=120)
    answer = json.loads(done.stdout) if done.stdout else {"message": done.stderr}
    return done.returncode == 0, answer


def make_file(name, size, seed=1):
    path = folder / name
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


# ---- the oracle ----

def signature_is_right(request):
    """botocore signs the same request at the same time: both must write the same signature."""
    headers = {name.lower(): value for name, value in request.headers}
    authorization = headers["authorization"]
    scope = authorization.split("Credential=")[1].split(",")[0].split("/")
    signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
        return f"not signed: {signed}"
    if any(name.startswith("x-amz-") and name not in signed for name in headers):
        return f"an x-amz- header is not signed: {signed}"
    if hashlib.sha256(request.body or b"").hexdigest() != headers["x-amz-content-sha256"]:
        return "x-amz-content-sha256 is not that of the body"
    auth = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(KEY, SECRET), "s3", scope[2])
    again = botocore.awsrequest.AWSRequest(method=request.method, url=f"http://{headers['host']}{request.target}",
                                           headers={name: headers[name] for name in signed if name in headers})
    again.context["timestamp"] = headers["x-amz-date"]
    text = auth.string_to_sign(again, auth.canonical_request(again))
    expected = auth.signature(text, again)
    return "" if authorization.endswith("Signature=" + expected) else f"{request.method} {request.target}: {authorization}"


class Place:
    """A bucket of a fresh server, reached through the proxy."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client

    def url(self, prefix="store", more=""):
        endpoint = urllib.parse.quote(f"http://127.0.0.1:{self.proxy.port}", safe="")
        return f"s3://models/{prefix}?endpoint={endpoint}&region=eu-west-1{more}"

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket="models").get("Uploads", [])


def plain_use(place):
    small, big, back = make_file("small", 1000), make_file("big", 12 << 20, 2), folder / "back"
    keys = ["models/pump/3/model.onnx", "with space+plus", "umlaut-ä/ß", "odd!*'()&=@:,;$#?", "deep/" * 30 + "end"]
    for key in keys:
        good, answer = run(place.url(), "put", key, small)
        fetched, told = run(place.url(), "get", key, back)
        check(good and fetched and back.read_bytes() == small.read_bytes() and answer["sha256"] == sha256(small),
              f"put and get of {key[:40]}", answer, told)
    good, answer = run(place.url(), "look", keys[0])
    check(good and answer["size"] == 1000 and answer["sha256"] == sha256(small), "look tells size and hash", answer)
    good, answer = run(place.url(), "list", "")
    check(good and [item["key"] for item in answer] == sorted(keys, key=lambda k: k.encode()), "list", answer)
    ours = place.client.get_object(Bucket="models", Key="store/with space+plus")
    check(ours["Body"].read() == small.read_bytes() and ours["Metadata"]["sha256"] == sha256(small),
          "boto3 reads what we have written")
    place.client.put_object(Bucket="models", Key="store/theirs", Body=b"theirs")
    good, answer = run(place.url(), "get", "theirs", back)
    check(good and back.read_bytes() == b"theirs", "we read what boto3 has written", answer)
    good, answer = run(place.url(), "put", "big", big)
    parts = [r for r in place.proxy.requests if "partNumber=" in r.target]
    fetched, told = run(place.url(), "get", "big", back)
    check(good and fetched and len(parts) == 2 and sha256(back) == sha256(big), "12 MB go in two parts", answer, told)
    good, answer = run(place.url(), "put", "empty", make_file("empty", 0))
    fetched, told = run(place.url(), "get", "empty", back)
    check(good and fetched and back.stat().st_size == 0, "an empty file", answer, told)
    for key in keys:
        run(place.url(), "remove", key)
    good, answer = run(place.url(), "remove", keys[0])
    check(good, "removing what is not there is fine", answer)
    good, answer = run(place.url(), "list", "models/")
    check(good and answer == [], "removed is removed", answer)
    for i in range(1203):
        place.client.put_object(Bucket="models", Key=f"many/{i:04d}", Body=b"")
    good, answer = run(place.url("many"), "list", "")
    check(good and len(answer) == 1203 and answer[1202]["key"] == "1202", "a list of several pages", len(answer))


def faults(place):
    small, big, back = make_file("s", 50000, 3), make_file("b", 16 << 20, 4), folder / "back"
    kinds = ["reset", "reset in the middle", "500", "503", "lost answer", "slow"]
    for kind in kinds:
        place.proxy.plan = [kind, kind]
        good, answer = run(place.url(), "put", f"fault/{kind}", small)
        fetched, told = run(place.url(), "get", f"fault/{kind}", back)
        check(good and fetched and sha256(back) == sha256(small), f"put through: {kind}", answer, told)
    for kind in ["reset", "500", "503", "truncated", "slow"]:
        back.unlink(missing_ok=True)
        place.proxy.plan = [kind, kind]
        good, answer = run(place.url(), "get", "fault/reset", back)
        check(good and sha256(back) == sha256(small), f"get through: {kind}", answer)
    back.write_bytes(b"before")
    place.proxy.plan = ["flip"]
    good, answer = run(place.url(), "get", "fault/reset", back)
    check(not good and "not those that were stored" in answer["message"] and back.read_bytes() == b"before",
          "a flipped bit is refused, the file stays as it was", answer)
    place.proxy.plan = ["truncated"] * 6
    good, answer = run(place.url(), "get", "fault/reset", back)
    check(not good and back.read_bytes() == b"before", "a server that never ends its answer: said, nothing half", answer)
    place.proxy.plan = []
    rng = random.Random(5)
    done = 0
    for i in range(5):
        place.proxy.plan = [rng.choice(kinds + [None, None]) for _ in range(9)]
        good, answer = run(place.url(more="&part_mb=5"), "put", "big", big)
        place.proxy.plan = []
        fetched, told = run(place.url(), "get", "big", back)
        done += good and fetched and sha256(back) == sha256(big)
    check(done == 5, "16 MB in parts through random faults, 5 of 5 whole", done, answer, told)
    # one whose id was lost on its way is found by the next put of the key once it is a day old; moto dates all to 2010
    good, answer = run(place.url(more="&part_mb=5"), "put", "big", big)
    check(good and place.uploads() == [], "no upload in parts is left behind", place.uploads())
    place.proxy.plan = [None, None, None] + ["500"] * 6
    good, answer = run(place.url(), "put", "never", big)
    place.proxy.plan = []
    check(not good and run(place.url(), "look", "never")[1]["status"] == "not found",
          "an upload that fails leaves no object", answer)


def kills(place):
    """kill -9 at random moments of an upload in parts: the old object or the new one, and the next put goes on."""
    old, new, back = make_file("old", 16 << 20, 6), make_file("new", 16 << 20, 7), folder / "back"
    assert run(place.url(), "put", "killed", old)[0]
    rng, whole, cut = random.Random(8), 0, 0
    for i in range(12):
        process = subprocess.Popen([driver, place.url(), "put", "killed", new if i % 2 == 0 else old],
                                   env=environment(), stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.02, 0.6))
        cut += process.poll() is None
        process.kill()
        process.wait()
        good, answer = run(place.url(), "get", "killed", back)
        whole += good and sha256(back) in (sha256(old), sha256(new))
    check(whole == 12 and cut > 0, f"12 kills, {cut} in the middle: always a whole object", whole, answer)
    place.client.delete_object(Bucket="models", Key="store/killed")
    for upload in place.uploads():
        place.client.abort_multipart_upload(Bucket="models", Key=upload["Key"], UploadId=upload["UploadId"])
    # an upload that was cut off after its first part
    upload = place.client.create_multipart_upload(Bucket="models", Key="store/killed", Metadata={"sha256": sha256(new)})
    place.client.upload_part(Bucket="models", Key="store/killed", UploadId=upload["UploadId"], PartNumber=1,
                             Body=new.read_bytes()[: 8 << 20])
    place.proxy.requests.clear()
    good, answer = run(place.url(), "put", "killed", new)
    sent = [r for r in place.proxy.requests if "partNumber=" in r.target]
    check(good and len(sent) == 1 and "partNumber=2" in sent[0].target and place.uploads() == [],
          "the next put sends only the part that is missing", answer, [r.target for r in sent])
    # the same, but of another content: not mixed
    upload = place.client.create_multipart_upload(Bucket="models", Key="store/killed", Metadata={"sha256": "0" * 64})
    place.client.upload_part(Bucket="models", Key="store/killed", UploadId=upload["UploadId"], PartNumber=1,
                             Body=old.read_bytes()[: 8 << 20])
    good, answer = run(place.url(), "put", "killed", new)
    fetched, told = run(place.url(), "get", "killed", back)
    check(good and fetched and sha256(back) == sha256(new), "parts of another content are not taken", answer, told)
    # the same first part, but noted for another content
    upload = place.client.create_multipart_upload(Bucket="models", Key="store/other", Metadata={"sha256": "0" * 64})
    place.client.upload_part(Bucket="models", Key="store/other", UploadId=upload["UploadId"], PartNumber=1,
                             Body=new.read_bytes()[: 8 << 20])
    good, answer = run(place.url(), "put", "other", new)
    good2, found = run(place.url(), "look", "other")
    check(good and good2 and found["sha256"] == sha256(new), "a wrong note is not kept", answer, found)


def accounts(place):
    small, aws = make_file("a", 100), folder / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
                                     f"# another\n[plant]\naws_access_key_id=PLANTKEY\naws_secret_access_key=p\n"
                                     f"aws_session_token={TOKEN}\n")
    (aws / "config").write_text("[default]\nregion = eu-north-1\n[profile plant]\nregion = ap-south-1\n")
    plain = place.url().replace("&region=eu-west-1", "")
    bare = environment()
    del bare["AWS_ACCESS_KEY_ID"], bare["AWS_SECRET_ACCESS_KEY"]

    def credential(url, env):
        place.proxy.requests.clear()
        good, answer = run(url, "put", "account", small, env=env)
        headers = {name.lower(): value for name, value in place.proxy.requests[-1].headers}
        return headers["authorization"].split("Credential=")[1].split(",")[0], headers, answer

    found, headers, answer = credential(plain, bare)
    check(found.startswith(KEY) and "eu-north-1" in found, "keys and region from ~/.aws", found, answer)
    found, headers, answer = credential(plain, bare | {"AWS_PROFILE": "plant"})
    check(found.startswith("PLANTKEY") and "ap-south-1" in found and headers["x-amz-security-token"] == TOKEN,
          "a profile with a session token", found, answer)
    found, headers, answer = credential(plain + "&profile=plant", environment())
    check(found.startswith("PLANTKEY"), "the URL's profile goes before the environment", found, answer)
    place.proxy.requests.clear()
    shutil.rmtree(aws)
    good, answer = run(place.url(), "put", "account", small, env=bare)
    check(not good and "AWS_ACCESS_KEY_ID" in answer["hint"], "no keys: said, with where to put them", answer)
    for url, word in [("s3://a:b@models/x", "no keys"), ("s3://M/x", "bucket"), ("s3://models/x?colour=red", "colour"),
                      ("s3://models/x?endpoint=nowhere", "no address"), ("s3://models/x?endpoint=http://u:secret@h", "user")]:
        good, answer = run(url, "list", "")
        check(not good and word in answer["message"] and "secret" not in json.dumps(answer), f"refused: {url}", answer)
    good, answer = run(place.url().replace("models", "nowhere", 1), "put", "a", small)
    check(not good and "no such bucket" in answer["message"], "a bucket that is not there", answer)
    good, answer = run("s3://models/x?endpoint=http%3A%2F%2F127.0.0.1%3A1", "look", "a")
    check(not good and "nobody answers" in answer["message"] and SECRET not in json.dumps(answer), "no server", answer)


def second_machine(place):
    """A model is registered on one machine and used by name on another: they share the storage and the database."""
    gimlet = os.path.abspath(os.path.join(sys.argv[1], "gimlet"))

    def tool(*words, **more):
        done = subprocess.run([gimlet, *map(str, words)], capture_output=True, text=True, env=environment(**more), timeout=120)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    here, there = folder / "here", folder / "there"
    for machine in (here, there):
        machine.mkdir()
        (machine / "registry.yaml").write_text(f"database: {folder}/shared.db\nstorage: '{place.url('registry')}'\n")
    tool("simulate", "--output-dir", folder / "raw", "--holes", 12, "--seed", 3, "--anomalies", 0)
    tool("prepare", "--input-dir", folder / "raw", "--output-dir", folder / "data", "--validate", "--auto-label")
    sets = ["training_config.cross_validation.n_folds=2", "training_config.epochs=1", "model_config.d_model=8",
            "model_config.num_layers=1", "model_config.sequence_length=128", "data_config.preprocessing.bin_mm=0.3"]
    run_dir = tool("train", "--data-dir", folder / "data", "--output-dir", here, "--quiet",
                   *[word for one in sets for word in ("--set", one)]).splitlines()[-1]
    name = tool("models", "register", "exit", "--models-dir", here, "--run", os.path.basename(run_dir), "--quiet")
    promoted = tool("models", "promote", "exit:1", "--models-dir", here, "--gate", "none")

    def objects():
        return place.client.list_objects_v2(Bucket="models", Prefix="registry/").get("KeyCount", 0)

    kept = objects()
    check(name == "exit:1" and "is now the champion" in promoted and kept > 8 and not (here / "registry/files").exists(),
          "a model is registered into the bucket", name, promoted, kept)
    record = next((folder / "raw").glob("*/*.xls"))
    ours = tool("predict", "--model-dir", run_dir, "--format", "csv", record)
    theirs = tool("predict", "--models-dir", there, "--model-dir", "exit@champion", "--format", "csv", record)
    check(ours == theirs and "xls," in ours, "a second machine pulls it by name and predicts the same", ours, theirs)
    verdict = tool("models", "verify", "exit@champion", "--models-dir", there)
    check(verdict.startswith("exit:1 is good"), "and verifies it", verdict)
    counts, answers = [kept], []
    for text, more in [("x", {}), ("y", {"GIMLET_STORAGE_URL": place.url("registry").replace("models", "nowhere", 1)})]:
        with open(pathlib.Path(run_dir) / "report.html", "a") as report:
            report.write(text)
        tool("models", "register", "spare", "--models-dir", here, "--run", os.path.basename(run_dir), "--quiet")
        counts.append(objects())
        answers.append(json.loads(tool("models", "delete", f"spare:{len(answers) + 1}", "--models-dir", there, "--reason", "spare",
                                       "--json", **more)))
        counts.append(objects())
    check(counts == [kept, kept + 1, kept, kept + 1, kept + 1] and answers[0]["freed_files"] == 1 and not answers[0]["problem"],
          "what only a deleted version had leaves the bucket", counts, answers)
    check(answers[1]["waiting_files"] == 1 and "no such bucket" in answers[1]["problem"], "not while the storage refuses: said", answers)
    verdict = tool("models", "verify", "exit:1", "--models-dir", here)
    check(verdict.startswith("exit:1 is good") and objects() == kept, "but with the next verification; what others have stays",
          verdict, objects(), kept)


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="k", aws_secret_access_key="s",
                          region_name="eu-west-1")
    client.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    try:
        with Faults(port) as proxy:
            place, signed, wrong = Place(proxy, client), 0, []
            for step in [plain_use, faults, kills, accounts, second_machine]:
                step(place)
                ours = [r for r in proxy.requests]
                results = [signature_is_right(r) for r in ours]
                signed += len(results)
                wrong += [r for r in results if r]
                proxy.requests.clear()
            check(signed > 100 and not wrong, f"botocore computes the same signature for {signed} requests", *wrong[:5])
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


try:
    main()
except Exception as problem:  # told as a failed test, so that the others run
    check(False, "the test ran to its end", repr(problem))
print("# done")
