{{/* What a service's pods and those of its migration have in common. */}}

{{- define "oruma.podBasics" -}}
automountServiceAccountToken: false
{{/* Variables that Kubernetes makes of Services could be taken for ours: a Service "api" would set API_PORT. */ -}}
enableServiceLinks: false
{{- $pullSecrets := list }}
{{- range concat .root.Values.image.pullSecrets .root.Values.global.imagePullSecrets }}
{{- $pullSecrets = append $pullSecrets (kindIs "map" . | ternary . (dict "name" .)) }}
{{- end }}
{{- with uniq $pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .service.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .service.podSpec }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "oruma.containerBasics" -}}
image: {{ include "oruma.image" . | quote }}
imagePullPolicy: {{ (.service.image | default dict).pullPolicy | default .root.Values.image.pullPolicy }}
{{- with .service.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "oruma.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if or .root.Values.authorities.configMap .root.Values.authorities.secret }}
- name: authorities
  mountPath: /etc/oruma/authorities
  readOnly: true
{{- end }}
{{- if and (eq .name "auth") (not .migration) }}
- name: mail
  mountPath: /data/mail
{{- end }}
{{- if and (eq .name "media") .root.Values.files.persistence.enabled (not .migration) }}
- name: files
  mountPath: /data/uploads
{{- end }}
{{- with .service.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "oruma.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .service.tmpSize }}
{{- with .root.Values.authorities }}
{{- if .configMap }}
- name: authorities
  configMap:
    name: {{ .configMap }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- else if .secret }}
- name: authorities
  secret:
    secretName: {{ .secret }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- if and (eq .name "auth") (not .migration) }}
- name: mail
  emptyDir:
    sizeLimit: 1Gi
{{- end }}
{{- if and (eq .name "media") .root.Values.files.persistence.enabled (not .migration) }}
- name: files
  persistentVolumeClaim:
    claimName: {{ .root.Values.files.persistence.existingClaim | default (printf "%s-files" .fullname) }}
{{- end }}
{{- with .service.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "oruma.probes" -}}
{{- range $kind := list "startup" "liveness" "readiness" }}
{{ $kind }}Probe:
  {{- if $.facts.edge }}
  httpGet:
    path: {{ eq $kind "readiness" | ternary $.service.readinessPath "/livez" }}
    port: http
  {{- else if eq $kind "readiness" }}
  grpc:
    port: 50051
  {{- else }}
  {{/* gRPC health tells of the database, for which nobody should be restarted */ -}}
  tcpSocket:
    port: grpc
  {{- end }}
  {{- toYaml (index $.service.probes $kind) | nindent 2 }}
{{- end }}
{{- end -}}
