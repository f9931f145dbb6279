"""`python -m stoflow` and the command `stoflow`."""

from stoflow.cli.main import stoflow


def main() -> None:
    stoflow(prog_name="stoflow")


if __name__ == "__main__":
    main()
