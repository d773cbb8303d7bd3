{{/* Names, labels and images. */}}

{{- define "oruma.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for "-marketplace-migrate" and a hash to follow. */}}
{{- define "oruma.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes of a component: {root, component}. */}}
{{- define "oruma.selector" -}}
app.kubernetes.io/name: {{ include "oruma.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of an object: {root, component}, and more in `labels`. */}}
{{- define "oruma.labels" -}}
{{- $labels := dict "app.kubernetes.io/name" (include "oruma.name" .root) "app.kubernetes.io/instance" .root.Release.Name -}}
{{- $_ := set $labels "app.kubernetes.io/part-of" "oruma" -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- if .component }}{{ $_ := set $labels "app.kubernetes.io/component" .component }}{{ end -}}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.commonLabels) (deepCopy (.labels | default dict)) $labels) -}}
{{- end -}}

{{/* Labels of a pod: nothing that changes with the chart, so that pods stay when only that does. {root, component, labels} */}}
{{- define "oruma.podLabels" -}}
{{- $own := include "oruma.selector" . | fromYaml -}}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.commonLabels) (deepCopy (.labels | default dict)) $own) -}}
{{- end -}}

{{/* The annotations of an object, with the key, or nothing: {root, annotations}. */}}
{{- define "oruma.annotations" -}}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy (.annotations | default dict)) -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* Everything about one service, for its templates: {root, name} becomes {name, service, facts, fullname}. */}}
{{- define "oruma.scope" -}}
{{- $service := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values.services .name)) -}}
{{- $facts := index (.root.Files.Get "files/services.yaml" | fromYaml) .name -}}
{{- toYaml (dict "name" .name "service" $service "facts" $facts "fullname" (printf "%s-%s" (include "oruma.fullname" .root) .name)) -}}
{{- end -}}

{{/* The services of this release, between spaces. */}}
{{- define "oruma.enabled" -}}
{{- $enabled := list -}}
{{- range $name, $service := .Values.services }}{{ if $service.enabled }}{{ $enabled = append $enabled $name }}{{ end }}{{ end -}}
{{- if not $enabled }}{{ fail "oruma: no service is enabled: set services.<name>.enabled" }}{{ end -}}
{{- join " " $enabled -}}
{{- end -}}

{{/* {root, name, service} */}}
{{- define "oruma.image" -}}
{{- $own := .service.image | default dict -}}
{{- $all := .root.Values.image -}}
{{- $registry := $own.registry | default .root.Values.global.imageRegistry | default $all.registry -}}
{{- if not $registry -}}
{{- fail (printf "oruma: image.registry is not set: where is the image of %s? (or global.imageRegistry, or services.%s.image.registry)" .name .name) -}}
{{- end -}}
{{- $repository := $own.repository | default (printf "%s/%s" $all.repository .name) -}}
{{- if $own.digest -}}
{{- printf "%s/%s@%s" $registry $repository $own.digest -}}
{{- else -}}
{{- printf "%s/%s:%s" $registry $repository (include "oruma.tag" .) -}}
{{- end -}}
{{- end -}}

{{- define "oruma.tag" -}}
{{- (.service.image | default dict).tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- end -}}

{{- define "oruma.serviceAccount" -}}
{{- if .service.serviceAccountName -}}
{{- .service.serviceAccountName -}}
{{- else if .root.Values.serviceAccount.create -}}
{{- .root.Values.serviceAccount.name | default (include "oruma.fullname" .root) -}}
{{- else -}}
{{- .root.Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Where a service answers, for those who call it: {root, name, caller}. */}}
{{- define "oruma.url" -}}
{{- $service := index .root.Values.services .name -}}
{{- if $service.enabled -}}
{{- printf "http://%s-%s:50051" (include "oruma.fullname" .root) .name -}}
{{- else if $service.url -}}
{{- $service.url -}}
{{- else -}}
{{- fail (printf "oruma: services.%s.url is not set: %s calls %s, which is not enabled here" .name .caller .name) -}}
{{- end -}}
{{- end -}}

{{/* An address with a port, in brackets where it is one of IPv6. */}}
{{- define "oruma.listen" -}}
{{- if contains ":" .address }}{{ printf "[%s]:%s" .address .port }}{{ else }}{{ printf "%s:%s" .address .port }}{{ end -}}
{{- end -}}
