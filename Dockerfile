# The image of both controllers: gitopskit with git, ssh, gpg and kubectl, as a user without rights.
#
# The base is pinned by its full version; pin it by digest where you build. This file is not built
# by the project's tests, which run the controllers as processes.

FROM python:3.13.11-slim-trixie AS wheel
WORKDIR /source
COPY requirements-dev.lock ./
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", \
     "--require-hashes", "--requirement", "requirements-dev.lock"]
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY gitopskit gitopskit
COPY templates templates
RUN ["python", "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", "/wheels", "."]

FROM python:3.13.11-slim-trixie AS installed
RUN ["python", "-m", "venv", "/opt/gitopskit"]
COPY requirements.lock ./
RUN ["/opt/gitopskit/bin/python", "-m", "pip", "install", "--no-cache-dir", \
     "--disable-pip-version-check", "--only-binary=:all:", "--require-hashes", \
     "--requirement", "requirements.lock"]
COPY --from=wheel /wheels /wheels
RUN /opt/gitopskit/bin/python -m pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.13.11-slim-trixie
# ssh refuses to run as a user id without a name
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git gpg openssh-client \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 65532 gitopskit \
 && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin gitopskit
COPY --from=installed /opt/gitopskit /opt/gitopskit
ENV PATH=/opt/gitopskit/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["gitopskit"]
CMD ["--help"]
