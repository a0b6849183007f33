"""A BPMN model as a typed graph: read without loss, laid out, analysed. Runs nothing."""
