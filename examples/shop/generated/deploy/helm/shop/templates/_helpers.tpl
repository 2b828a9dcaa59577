{{/* The image of a service: by digest where there is one. */}}
{{- define "image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{/* A ConfigMap of settings: every value is text. */}}
{{- define "settings" -}}
{{- range $name, $value := . }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
