"""`manage.py create_owner EMAIL`."""

import secrets
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from shop.accounts.models import User


class Command(BaseCommand):
    help = "Make an owner of the store and print only the generated password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an e-mail address.") from None
        if User.objects.filter(email=email.casefold()).exists():
            raise CommandError(f"There is somebody with the e-mail {email} already.")
        password = secrets.token_urlsafe(15)
        owner = User.objects.create_user(email, password)
        owner.groups.add(Group.objects.get_or_create(name="owner")[0])
        self.stdout.write(password)
