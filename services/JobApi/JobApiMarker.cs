namespace JobSystem.JobApi;

/// <summary>Names this assembly where a type is needed, as in test hosts: every web project has a Program, so none may be named.</summary>
public sealed class JobApiMarker;
