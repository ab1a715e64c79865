import csv

from vinspect.datasets.arrange import NAMES, arrange


def test_a_download_is_laid_out_under_the_names_of_the_transcriptions(tmp_path):
    export, folder, names = tmp_path / "export", tmp_path / "folder", tmp_path / "names.csv"
    names.write_text("file,original\nvalid_0007.jpg,a.rf.1.jpg\ntrain_0001.jpg,b.rf.2.jpg\ntrain_0002.jpg,c.rf.3.jpg\n")
    for split, name in (("train", "a.rf.1"), ("test", "b.rf.2"), ("test", "unknown.rf.9")):
        for kind, suffix in (("images", ".jpg"), ("labels", ".txt")):
            path = export / split / kind / f"{name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name + suffix)
    assert arrange(export, folder, names) == (2, 3)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "train/images/train_0001.jpg", "train/labels/train_0001.txt",
        "valid/images/valid_0007.jpg", "valid/labels/valid_0007.txt",
    ]  # fmt: skip
    assert (folder / "valid" / "labels" / "valid_0007.txt").read_text() == "a.rf.1.txt"


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_transcribed_photograph_has_a_name_in_the_download():
    known = {row["file"] for row in rows_of(NAMES)}
    for split in ("train", "valid"):
        transcribed = {row["file"] for row in rows_of(NAMES.with_name(f"vin-photos-{split}.csv"))}
        assert transcribed
        assert transcribed <= known
