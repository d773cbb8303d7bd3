{{/*
The variables of a service: {root, name, service, facts} becomes a map of texts, and of {value} and {valueFrom}. Each helper below adds to `found`.
*/}}
{{- define "oruma.variables" -}}
{{- $scope := merge (dict "found" dict) . -}}
{{- $found := $scope.found -}}
{{- $values := .root.Values -}}
{{- include "oruma.variables.all" $scope -}}
{{- if .facts.edge }}{{ include "oruma.variables.gateway" $scope }}{{ else }}{{ include "oruma.variables.behind" $scope }}{{ end -}}
{{- range .facts.calls }}
{{- $_ := set $found (printf "%s_GRPC_URL" (upper .)) (include "oruma.url" (dict "root" $scope.root "name" . "caller" $scope.name)) -}}
{{- end -}}
{{- if has "redis" .facts.reaches }}{{ include "oruma.secret" (list $scope "REDIS_URL" $values.redis.existingSecret $values.redis.key) }}{{ end -}}
{{- if has "JWT_SECRET_KEY" .facts.requires -}}
{{- $_ := set $found "JWT_ALGORITHM" $values.tokens.algorithm -}}
{{- include "oruma.secret" (list $scope "JWT_SECRET_KEY" $values.tokens.jwtSecretKey.existingSecret $values.tokens.jwtSecretKey.key) -}}
{{- end -}}
{{- if has "PUBLIC_URL" .facts.requires }}{{ include "oruma.text" (list $scope "PUBLIC_URL" $values.publicUrl) }}{{ end -}}
{{- if eq .name "auth" }}{{ include "oruma.variables.auth" $scope }}{{ end -}}
{{- if eq .name "media" }}{{ include "oruma.variables.media" $scope }}{{ end -}}
{{- range $more := list $values.env .service.env }}
{{- range $key, $value := $more }}
{{- if hasSuffix "_FILE" $key }}{{ $_ := unset $found (trimSuffix "_FILE" $key) }}{{ end -}}
{{- if kindIs "float64" $value }}
{{- $_ := set $found $key (ternary (printf "%.0f" $value) (toString $value) (eq $value (floor $value))) -}}
{{- else if kindIs "map" $value }}
{{- $_ := set $found $key $value -}}
{{- else }}
{{- $_ := set $found $key (toString $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "oruma.demand" $scope -}}
{{- toYaml $found -}}
{{- end -}}

{{/* (scope, variable, value): a plain value, unless it is empty. */}}
{{- define "oruma.text" -}}
{{- $value := index . 2 -}}
{{- if $value }}{{ $_ := set (index . 0).found (index . 1) (toString $value) }}{{ end -}}
{{- end -}}

{{/* (scope, variable, Secret, key): a reference, if there is a Secret. */}}
{{- define "oruma.secret" -}}
{{- $scope := index . 0 -}}
{{- with index . 2 | default $scope.root.Values.existingSecret -}}
{{- $_ := set $scope.found (index $ 1) (dict "valueFrom" (dict "secretKeyRef" (dict "name" . "key" (index $ 3)))) -}}
{{- end -}}
{{- end -}}

{{/* (scope, variable, Secret, key, for what): a reference that has to be there. */}}
{{- define "oruma.demandedSecret" -}}
{{- $scope := index . 0 -}}
{{- if not (index . 2 | default $scope.root.Values.existingSecret) -}}
{{- fail (printf "oruma: %s.existingSecret (or existingSecret for all) is not set: %s needs %s from a Secret" (index . 4) $scope.name (index . 1)) -}}
{{- end -}}
{{- include "oruma.secret" . -}}
{{- end -}}

{{- define "oruma.variables.all" -}}
{{- $values := .root.Values -}}
{{- include "oruma.text" (list . "LOG_LEVEL" $values.logLevel) -}}
{{- include "oruma.text" (list . "LOG_FORMAT" $values.logFormat) -}}
{{- if $values.tracing.endpoint -}}
{{- include "oruma.text" (list . "OTEL_EXPORTER_OTLP_ENDPOINT" $values.tracing.endpoint) -}}
{{- $_ := set .found "OTEL_TRACES_SAMPLER_ARG" (toString $values.tracing.sampleRatio) -}}
{{- end -}}
{{- if $values.metrics.enabled -}}
{{- include "oruma.text" (list . "OTEL_EXPORTER_PROMETHEUS_HOST" $values.listenAddress) -}}
{{- include "oruma.text" (list . "OTEL_EXPORTER_PROMETHEUS_PORT" "9464") -}}
{{- end -}}
{{- if or $values.tracing.endpoint $values.metrics.enabled -}}
{{- $_ := set .found "POD_NAME" (dict "valueFrom" (dict "fieldRef" (dict "apiVersion" "v1" "fieldPath" "metadata.name"))) -}}
{{- $resource := printf "k8s.namespace.name=%s,k8s.pod.name=$(POD_NAME),service.instance.id=$(POD_NAME)" .root.Release.Namespace -}}
{{- $_ := set .found "OTEL_RESOURCE_ATTRIBUTES" (dict "value" $resource) -}}
{{- end -}}
{{- if or $values.authorities.configMap $values.authorities.secret -}}
{{- include "oruma.text" (list . "SSL_CERT_FILE" "/etc/oruma/authorities/ca.crt") -}}
{{- include "oruma.text" (list . "SSL_CERT_DIR" "/etc/ssl/certs") -}}
{{- end -}}
{{- include "oruma.secret" (list . "RABBITMQ_URL" $values.rabbitmq.existingSecret $values.rabbitmq.key) -}}
{{- include "oruma.secret" (list . "INTERNAL_GRPC_TOKEN" $values.tokens.internalGrpcToken.existingSecret $values.tokens.internalGrpcToken.key) -}}
{{- end -}}

{{- define "oruma.variables.behind" -}}
{{- $values := .root.Values -}}
{{- $own := .service.database | default dict -}}
{{- include "oruma.text" (list . "GRPC_ADDR" (include "oruma.listen" (dict "address" $values.listenAddress "port" "50051"))) -}}
{{- include "oruma.text" (list . "DATABASE_POOL_SIZE" ($own.poolSize | default $values.database.poolSize)) -}}
{{- include "oruma.secret" (list . "DATABASE_URL" ($own.existingSecret | default $values.database.existingSecret) ($own.key | default $values.database.key)) -}}
{{- end -}}

{{- define "oruma.variables.gateway" -}}
{{- $values := .root.Values -}}
{{- include "oruma.text" (list . "API_HOST" $values.listenAddress) -}}
{{- include "oruma.text" (list . "API_PORT" "3333") -}}
{{- include "oruma.text" (list . "CORS_ORIGINS" (toJson $values.corsOrigins)) -}}
{{- include "oruma.text" (list . "TRUSTED_PROXIES" (join "," $values.trustedProxies)) -}}
{{- range $contract := list "connectbest" "social" "socmel" "dubai" -}}
{{- include "oruma.text" (list $ (printf "%s_HOST" (upper $contract)) (index $values.hosts $contract)) -}}
{{- end -}}
{{- end -}}

{{- define "oruma.variables.auth" -}}
{{- $values := .root.Values -}}
{{- include "oruma.text" (list . "MAIL_DIR" "/data/mail") -}}
{{- with $values.mail -}}
{{- if .enabled -}}
{{- if not .server }}{{ fail "oruma: mail.server is not set: auth sends mails over SMTP (mail.enabled=false keeps them as files in its pod)" }}{{ end -}}
{{- if not .from }}{{ fail "oruma: mail.from is not set: who sends the mails?" }}{{ end -}}
{{- include "oruma.text" (list $ "SMTP_SERVER" .server) -}}
{{- include "oruma.text" (list $ "SMTP_PORT" .port) -}}
{{- include "oruma.text" (list $ "SMTP_TLS" .tls) -}}
{{- include "oruma.text" (list $ "MAIL_FROM" .from) -}}
{{- if .credentials.enabled -}}
{{- include "oruma.demandedSecret" (list $ "SMTP_USERNAME" .credentials.existingSecret .credentials.usernameKey "mail.credentials") -}}
{{- include "oruma.demandedSecret" (list $ "SMTP_PASSWORD" .credentials.existingSecret .credentials.passwordKey "mail.credentials") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $values.textMessages -}}
{{- if .url -}}
{{- include "oruma.text" (list $ "SMS_API_URL" .url) -}}
{{- include "oruma.text" (list $ "SMS_FROM" .from) -}}
{{- if .credentials.enabled -}}
{{- include "oruma.demandedSecret" (list $ "SMS_ACCOUNT_SID" .credentials.existingSecret .credentials.accountSidKey "textMessages.credentials") -}}
{{- include "oruma.demandedSecret" (list $ "SMS_AUTH_TOKEN" .credentials.existingSecret .credentials.authTokenKey "textMessages.credentials") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $values.google -}}
{{- if .enabled -}}
{{- include "oruma.text" (list $ "GOOGLE_ISSUER_URL" .issuerUrl) -}}
{{- include "oruma.demandedSecret" (list $ "GOOGLE_CLIENT_ID" .existingSecret .clientIdKey "google") -}}
{{- include "oruma.demandedSecret" (list $ "GOOGLE_CLIENT_SECRET" .existingSecret .clientSecretKey "google") -}}
{{- end -}}
{{- end -}}
{{- with $values.administrator -}}
{{- if .email -}}
{{- include "oruma.text" (list $ "ADMIN_EMAIL" .email) -}}
{{- include "oruma.demandedSecret" (list $ "ADMIN_PASSWORD" .existingSecret .key "administrator") -}}
{{- end -}}
{{- end -}}
{{- with $values.tokens.dataEncryptionKey -}}
{{- if .enabled }}{{ include "oruma.demandedSecret" (list $ "DATA_ENCRYPTION_KEY" .existingSecret .key "tokens.dataEncryptionKey") }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "oruma.variables.media" -}}
{{- $files := .root.Values.files -}}
{{- include "oruma.text" (list . "CLAMAV_ADDRESS" $files.clamavAddress) -}}
{{- if and $files.s3.bucket $files.persistence.enabled -}}
{{- fail "oruma: files.s3.bucket and files.persistence.enabled are both set: where are files to be kept?" -}}
{{- else if $files.s3.bucket -}}
{{- if not (or $files.s3.region $files.s3.endpointUrl) -}}
{{- fail "oruma: files.s3.region is not set: where is the bucket? (or files.s3.endpointUrl for another server than Amazon's)" -}}
{{- end -}}
{{- include "oruma.text" (list . "AWS_S3_BUCKET" $files.s3.bucket) -}}
{{- include "oruma.text" (list . "AWS_REGION" $files.s3.region) -}}
{{- include "oruma.text" (list . "AWS_ENDPOINT_URL" $files.s3.endpointUrl) -}}
{{- with $files.s3.credentials -}}
{{- if .enabled -}}
{{- include "oruma.demandedSecret" (list $ "AWS_ACCESS_KEY_ID" .existingSecret .accessKeyIdKey "files.s3.credentials") -}}
{{- include "oruma.demandedSecret" (list $ "AWS_SECRET_ACCESS_KEY" .existingSecret .secretAccessKeyKey "files.s3.credentials") -}}
{{- end -}}
{{- end -}}
{{- else if $files.persistence.enabled -}}
{{- include "oruma.text" (list . "UPLOAD_DIR" "/data/uploads") -}}
{{- else -}}
{{- fail "oruma: files.s3.bucket is not set: media keeps files in S3, or on a volume with files.persistence.enabled" -}}
{{- end -}}
{{- end -}}

{{/* Fails in plain words where the program would not start. */}}
{{- define "oruma.demand" -}}
{{- $from := dict
  "DATABASE_URL" "database.existingSecret (or existingSecret for all)"
  "RABBITMQ_URL" "rabbitmq.existingSecret (or existingSecret for all)"
  "REDIS_URL" "redis.existingSecret (or existingSecret for all)"
  "INTERNAL_GRPC_TOKEN" "tokens.internalGrpcToken.existingSecret (or existingSecret for all)"
  "JWT_SECRET_KEY" "tokens.jwtSecretKey.existingSecret (or existingSecret for all)"
  "PUBLIC_URL" "publicUrl"
-}}
{{- range .facts.requires -}}
{{- if not (or (hasKey $.found .) (hasKey $.found (printf "%s_FILE" .))) -}}
{{- fail (printf "oruma: %s is not set: %s needs %s" (index $from . | default .) $.name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Those that take a value from elsewhere first, so that others can take them up as $(NAME). */}}
{{- define "oruma.env" -}}
{{- $first := list -}}
{{- $then := list -}}
{{- range $name, $value := . -}}
{{- if kindIs "string" $value -}}
{{- $then = append $then (dict "name" $name "value" $value) -}}
{{- else if hasKey $value "valueFrom" -}}
{{- $first = append $first (dict "name" $name "valueFrom" $value.valueFrom) -}}
{{- else -}}
{{- $then = append $then (dict "name" $name "value" $value.value) -}}
{{- end -}}
{{- end -}}
{{- with concat $first $then }}{{ toYaml . }}{{ end -}}
{{- end -}}
